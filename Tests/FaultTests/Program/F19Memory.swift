import Foundation
import LedgerTestSupport
import Testing

/// Too little memory, and input that would need too much.
@Suite("F19: limited memory, huge lines and batches")
struct F19Memory {
  /// A line of many megabytes is judged by its length, not read into memory.
  @Test(.tags(.crash), .enabled(if: Tool.prlimit.isThere, Tool.prlimit.isMissing))
  func `a huge line is refused and what follows is recorded`() throws {
    var tally = FaultTally("F19")
    defer { tally.report() }
    let client = try LedgerClient()
    let commands = client.folder.path + "/commands"
    let byteCount = longTests ? 64 << 20 : 2 << 20
    let script = """
      { printf '{"command":"start_trial","x":"'; head -c \(byteCount) /dev/zero | tr '\\0' a; echo '"}'
      printf '%s\\n' "$3"; } | prlimit --as=700000000 "$0" apply --data "$1" >"$2"
      """
    _ = try MountedFolder.run(
      ["bash", "-c", script, LedgerProcess.program, client.data, commands, client.nextCommand()]
    )
    let lines = try String(contentsOfFile: commands, encoding: .utf8).split(separator: "\n")
    if lines.count != 2 || !client.take(String(lines.last ?? "")) {
      tally.complain("\(lines.map { $0.prefix(200) })")
    }
    tally.add(client.check(), "a line of \(byteCount) bytes")
  }

  /// A batch that one frame cannot hold, and one that memory may not hold: whole, or nothing of it.
  @Test(.tags(.crash), .enabled(if: Tool.prlimit.isThere, Tool.prlimit.isMissing))
  func `a batch is recorded whole or not at all`() throws {
    var tally = FaultTally("F19")
    defer { tally.report() }
    for (count, memory) in longTests
      ? [(70_000, 4_000), (30_000, 500), (30_000, 300), (30_000, 200)] : [(1_000, 400)]
    {
      let client = try LedgerClient()
      let commands = client.folder.path + "/commands"
      let text = (0..<count).map { _ in client.nextCommand() + "\n" }.joined()
      try Data(text.utf8).write(to: URL(filePath: commands))
      let ran = try runLedger(
        ["apply", "--atomic", "--data", client.data, commands],
        under: ["prlimit", "--as=\(memory)000000"]
      )
      for line in ran.lines { client.take(line) }
      // A process that finds no memory dies; what it has told is there all the same.
      if ran.code > 0, ![1, 64, 65, 74].contains(ran.code) {
        tally.complain("\(count) in \(memory) MB: exit \(ran.code), \(ran.errors.prefix(300))")
      }
      if ran.code == 0, client.told.count != count {
        tally.complain("\(count) in \(memory) MB: \(client.told.count) told")
      }
      tally.add(client.check(), "\(count) commands in \(memory) MB")
    }
  }
}
