import Foundation
import LedgerTestSupport
import Testing

/// Two processes want to write.
@Suite("F22: two writing processes")
struct F22RealLocks {
  @Test(.tags(.crash)) func `the second exits 75 at once, and may write when the first is killed`()
    throws
  {
    var tally = FaultTally("F22")
    defer { tally.report() }
    let client = try LedgerClient()
    for round in 0..<(longTests ? 20 : 3) {
      let first = try LedgerProcess(["apply", "--data", client.data])
      client.converse(with: first, 1)
      let second = try runLedger(
        ["apply", "--data", client.data],
        input: [LedgerClient.command(999)]
      )
      if second.code != 75 { tally.complain("exit \(second.code): \(second.errors)") }
      tally.add(.refused, "beside the first")
      client.converse(with: first, 1)
      _ = first.end()
      tally.add(client.check(), "round \(round)")
    }
  }

  /// The lock belongs to the file, by whatever path somebody comes.
  @Test(
    .tags(.crash),
    .enabled(if: Tool.isRoot && Tool.mount.isThere, "needs root, to mount a disk")
  )
  func `a second mount of the same folder has the same lock`() throws {
    var tally = FaultTally("F22")
    defer { tally.report() }
    let client = try LedgerClient()
    guard let mounted = try MountedFolder(["--bind", client.data]) else {
      return tally.add(.refused, "this system lets nobody mount")
    }
    let first = try LedgerProcess(["apply", "--data", client.data])
    client.converse(with: first, 1)
    let second = try runLedger(
      ["apply", "--data", mounted.path],
      input: [LedgerClient.command(99)]
    )
    if second.code != 75 { tally.complain("exit \(second.code): \(second.errors)") }
    tally.add(.refused, "another mount")
    first.closeInput()
    while first.readLine() != nil {}
    first.finish()
    tally.add(client.check(), "after the first")
  }
}
