import Foundation
import LedgerTestSupport
import Testing

/// The whole folder is put back to an older copy, with every checksum in it true.
@Suite("F10: the whole folder restored from an older copy")
struct F10Rollback {
  @Test(.tags(.crash)) func `a log shorter than a checkpoint kept outside is refused`() throws {
    var tally = FaultTally("F10")
    defer { tally.report() }
    let client = try LedgerClient()
    let outside = ["TRIAL_LEDGER_CHECKPOINTS": client.folder.path + "/outside"]
    let key = client.folder.path + "/key"
    let copy = client.folder.path + "/copy"
    _ = try client.apply(4)
    guard try runLedger(["keygen", key, "--data", client.data]).code == 0 else {
      return tally.complain("keygen failed")
    }
    try FileManager.default.copyItem(atPath: client.data, toPath: copy)
    _ = try client.apply(4)
    let signed = try runLedger(
      ["checkpoint", "--key", key, "--data", client.data],
      environment: outside
    )
    if signed.code != 0 { tally.complain("checkpoint: \(signed.errors)") }
    let whole = try runLedger(["apply", "--data", client.data], environment: outside)
    if whole.code != 0 { tally.complain("the true log is refused: \(whole.errors)") }
    tally.add(client.check(), "not rolled back")
    // Rolled back, and then written on, so that it is as long as before and another history.
    for extra in [0, 6] {
      try FileManager.default.removeItem(atPath: client.data)
      try FileManager.default.copyItem(atPath: copy, toPath: client.data)
      if extra > 0 {
        _ = try runLedger(
          ["apply", "--data", client.data],
          input: (100..<(100 + extra)).map(LedgerClient.command)
        )
      }
      for verb in ["apply", "verify"] {
        let ran = try runLedger([verb, "--data", client.data], environment: outside)
        if ran.code != 70 {
          tally.complain("\(verb) after \(extra): exit \(ran.code) \(ran.errors)")
        }
        tally.add(.refused, "\(verb) after \(extra)")
      }
    }
  }
}
