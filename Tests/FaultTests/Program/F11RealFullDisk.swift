import Foundation
import LedgerTestSupport
import Testing

/// The disk of the real program is full.
@Suite("F11: a full disk under the real program")
struct F11RealFullDisk {
  /// Every write in its turn finds no space, none or some of it done.
  @Test(.tags(.crash), .enabled(if: Tool.strace.isThere, Tool.strace.isMissing))
  func `a refused command can be repeated in the same process`() throws {
    var tally = FaultTally("F11")
    defer { tally.report() }
    for code in longTests ? ["ENOSPC", "EDQUOT", "EFBIG"] : ["ENOSPC"] {
      for number in stride(from: 1, through: 6, by: longTests ? 1 : 2) {
        let client = try LedgerClient()
        let process = try LedgerProcess(
          ["apply", "--data", client.data],
          under: [
            "timeout", "--signal=KILL", "60", "strace", "-f", "-qq", "-o", "/dev/null",
            "-P", client.lastSegment, "-e", "trace=pwrite64",
            "-e", "inject=pwrite64:error=\(code):when=\(number)",
          ]
        )
        // The refused one again, until it is recorded or the process gives up.
        var isOver = false
        while client.told.count < 5, !isOver {
          let next = LedgerClient.command(client.told.count + 1)
          client.submit(client.told.count + 1)
          guard process.send(next), let line = process.readLine() else {
            isOver = true
            break
          }
          client.take(line)
        }
        process.closeInput()
        while let line = process.readLine() { client.take(line) }
        let exit = process.finish()
        if ![0, 1, 74].contains(exit) { tally.complain("\(code) \(number): exit \(exit)") }
        if !isOver, client.told.count < 5 { tally.complain("\(code) \(number): never recorded") }
        tally.add(client.check(), "\(code) at write \(number)")
        let after = try client.applyMissing()
        if after != 0 { tally.complain("\(code) \(number): not appendable afterwards") }
      }
    }
  }

  /// A real small disk that is full, then has space again.
  @Test(
    .tags(.crash),
    .enabled(if: Tool.isRoot && Tool.mount.isThere, "needs root, to mount a disk")
  )
  func `a small disk fills up and is emptied`() throws {
    var tally = FaultTally("F11")
    defer { tally.report() }
    guard let small = try MountedFolder(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]) else {
      return tally.add(.refused, "this system lets nobody mount")
    }
    let client = try LedgerClient(in: small.path)
    let filler = small.path + "/filler"
    for room in [0, 1] {
      // All that is free, but for some pages.
      try small.fill(filler, keeping: room * 4_096)
      let full = try client.apply(3_000)
      if full.lines.filter({ $0.contains(#""recorded""#) }).count >= 3_000 {
        tally.complain("the disk was never full")
      }
      if ![0, 1, 74].contains(full.code) { tally.complain("exit \(full.code): \(full.errors)") }
      let asked = try runLedger(["verify", "--data", client.data])
      if asked.code != 0 { tally.complain("reading stopped: \(asked.errors)") }
      try FileManager.default.removeItem(atPath: filler)
      tally.add(client.check(mayHaveGaps: true), "a small disk with room for \(room) pages")
      if try client.apply(3).code != 0 { tally.complain("nothing is recorded with space again") }
      tally.add(client.check(mayHaveGaps: true), "with space again")
    }
  }
}
