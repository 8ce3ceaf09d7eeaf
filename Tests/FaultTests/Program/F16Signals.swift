import Foundation
import LedgerTestSupport
import Testing

/// Signals that ask the real program to stop, or would kill it.
@Suite("F16: SIGXFSZ, SIGPIPE, SIGTERM and SIGINT in the middle of a batch")
struct F16Signals {
  @Test(.tags(.crash), arguments: [SIGTERM, SIGINT])
  func `a stopped apply has recorded what it told`(signal: Int32) throws {
    var tally = FaultTally("F16")
    defer { tally.report() }
    for count in longTests ? Array(1...40) : [1, 20] {
      let client = try LedgerClient()
      let process = try LedgerProcess(["apply", "--data", client.data])
      for _ in 0..<200 where !process.send(client.nextCommand()) { break }
      for _ in 0..<count {
        if let line = process.readLine() { client.take(line) }
      }
      process.send(signal: signal)
      while let line = process.readLine() { client.take(line) }
      let code = process.finish()
      if ![0, -signal].contains(code) { tally.complain("exit \(code): \(process.errors)") }
      tally.add(client.check(), "signal \(signal) after \(count)")
    }
  }

  /// Nobody reads the outcomes any more.
  @Test(.tags(.crash)) func `a closed pipe ends apply without a torn log`() throws {
    var tally = FaultTally("F16")
    defer { tally.report() }
    for count in longTests ? Array(0...20) : [0, 3] {
      let client = try LedgerClient()
      let commands = client.folder.path + "/commands"
      let text = (0..<3_000).map { _ in client.nextCommand() + "\n" }.joined()
      try Data(text.utf8).write(to: URL(filePath: commands))
      let taken = client.folder.path + "/taken"
      let script = """
        "$0" apply --data "$1" <"$2" | head -n \(count) >"$3"
        echo ${PIPESTATUS[0]}
        """
      let said = try shell(script, [LedgerProcess.program, client.data, commands, taken])
      for line in try String(contentsOfFile: taken, encoding: .utf8).split(separator: "\n") {
        client.take(String(line))
      }
      // What nobody could be told is as if the network had failed.
      if !["0", "74"].contains(said) { tally.complain("exit \(said)") }
      tally.add(client.check(), "closed after \(count) lines")
    }
  }

  /// Without the program's own care SIGXFSZ would kill it; so it is a full disk.
  @Test(.tags(.crash), .enabled(if: Tool.prlimit.isThere, Tool.prlimit.isMissing))
  func `a limit of the file size is a full disk, not the end`() throws {
    var tally = FaultTally("F16")
    defer { tally.report() }
    for room in longTests ? Array(stride(from: 0, to: 900, by: 20)) : [0, 300] {
      let client = try LedgerClient()
      let limit = client.lastSegmentByteCount + room
      let ran = try client.apply(40, under: ["prlimit", "--fsize=\(limit)"])
      if ![0, 1, 74].contains(ran.code) { tally.complain("exit \(ran.code): \(ran.errors)") }
      if room <= 300, client.told.count >= 40 { tally.complain("the limit does nothing") }
      tally.add(client.check(mayHaveGaps: true), "room for \(room) bytes")
    }
  }

  /// Runs a script.
  ///
  /// - Returns: What it printed, without the last line feed.
  private func shell(_ script: String, _ arguments: [String]) throws -> String {
    let process = ChildProcess()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["bash", "-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
