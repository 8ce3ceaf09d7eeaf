import Foundation
import LedgerTestSupport
import Testing

/// The ledger may be read and not be written to.
@Suite("F17: read-only mounts, immutable files, no rights, a quota")
struct F17ReadOnly {
  @Test(
    .tags(.crash),
    .enabled(if: Tool.isRoot && Tool.mount.isThere, "needs root, to mount a disk")
  )
  func `a ledger on a read-only mount answers and refuses to record`() throws {
    var tally = FaultTally("F17")
    defer { tally.report() }
    let client = try LedgerClient()
    _ = try client.apply(3)
    guard let mounted = try MountedFolder(["--bind", client.data]),
      try MountedFolder.run(["mount", "-o", "remount,ro,bind", mounted.path])
    else { return tally.add(.refused, "this system lets nobody mount") }
    try expectReadOnly(mounted.path, "a read-only mount", &tally)
    tally.add(client.check(), "a read-only mount")
  }

  @Test(.tags(.crash), .enabled(if: Tool.isRoot && Tool.chattr.isThere, "needs root and chattr"))
  func `immutable files are refused in words`() throws {
    var tally = FaultTally("F17")
    defer { tally.report() }
    let client = try LedgerClient()
    _ = try client.apply(3)
    for path in [client.lastSegment, client.data + "/lock", client.data + "/segments"] {
      guard try MountedFolder.run(["chattr", "+i", path]) else {
        tally.add(.refused, "this file system has no attributes")
        continue
      }
      let ran = try client.apply(1)
      let asked = try runLedger(["verify", "--data", client.data])
      guard try MountedFolder.run(["chattr", "-i", path]) else {
        tally.complain("\(path) stays immutable")
        return
      }
      let mayRecord = path.hasSuffix("segments")
      if !mayRecord, ran.code != 74 { tally.complain("\(path): exit \(ran.code), \(ran.errors)") }
      if asked.code != 0 { tally.complain("\(path): verify exits \(asked.code), \(asked.errors)") }
      tally.add(client.check(mayHaveGaps: true), path)
    }
  }

  /// Every call that would write is refused by the system.
  @Test(
    .tags(.crash),
    .enabled(if: Tool.strace.isThere, Tool.strace.isMissing),
    arguments: longTests ? ["EROFS", "EPERM", "EACCES", "EDQUOT"] : ["EROFS", "EDQUOT"]
  )
  func `whatever the system says is told in one sentence`(code: String) throws {
    var tally = FaultTally("F17")
    defer { tally.report() }
    for call in longTests ? ["pwrite64", "fdatasync", "flock"] : ["pwrite64"] {
      let client = try LedgerClient()
      let ran = try client.apply(
        2,
        under: [
          "strace", "-f", "-qq", "-o", "/dev/null", "-P", client.lastSegment,
          "-P", client.data + "/lock", "-e", "trace=\(call)", "-e", "inject=\(call):error=\(code)",
        ]
      )
      if ![1, 74].contains(ran.code) || !client.told.isEmpty {
        tally.complain("\(call) \(code): exit \(ran.code), \(client.told.count) told")
      }
      if ran.errors.split(separator: "\n").count > 2 {
        tally.complain("too many words: \(ran.errors)")
      }
      tally.add(client.check(), "\(call) \(code)")
    }
  }

  private func expectReadOnly(_ data: String, _ name: String, _ tally: inout FaultTally) throws {
    let ran = try runLedger(["apply", "--data", data], input: [LedgerClient.command(4)])
    if ran.code != 74 || !ran.lines.allSatisfy({ !$0.contains(#""outcome":"recorded""#) }) {
      tally.complain("\(name): exit \(ran.code), \(ran.errors)")
    }
    for verb in ["verify", "export"] {
      let asked = try runLedger([verb, "--data", data])
      if asked.code != 0 { tally.complain("\(name): \(verb) exits \(asked.code), \(asked.errors)") }
    }
  }
}
