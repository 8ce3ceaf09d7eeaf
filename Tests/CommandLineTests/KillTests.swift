import Dispatch
import Foundation
import LedgerFormat
import LedgerTestSupport
import Testing
import TrialLedger

/// The program is killed with SIGKILL while it works: whatever it has acknowledged is there
/// afterwards, with the same bytes, and what it had begun can be finished.
@Suite("Killed", .serialized)
struct KillTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private var data: String { folder.path + "/ledger" }

  @Test(.tags(.crash), arguments: seeds(longTests ? 40 : 6))
  func `apply loses nothing that it acknowledged`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    try Ledger.create(at: data).close()
    let commands = (1...6_000).map { number in
      #"{"command":"start_trial","namespace_id":\#(number),"#
        + #""trial_type":"ultimate_with_dap","command_id":"c-\#(number)"}"#
    }
    let acknowledged = try killApply(commands, after: Int.random(in: 1...4_000, using: &random))
    let ledger = try Ledger.open(at: data, for: .writing)
    var recorded: [String] = []
    try ledger.forEachEvent(from: 1) { event in
      recorded.append(#"{"outcome":"recorded","events":[\#(canonicalLine(of: event))]}"#)
      return true
    }
    #expect(!acknowledged.isEmpty)
    #expect(recorded.count <= commands.count)
    #expect(Array(recorded.prefix(acknowledged.count)) == acknowledged)
    #expect(try ledger.verify().eventCount == recorded.count + 1)
    // Every command once more: those that were recorded are known, whether acknowledged or not.
    let repeated = try commands.prefix(200).map { line in
      let reading = readCommand(Array(line.utf8).span)
      guard case .command(let command) = reading.content else {
        throw Failure(message: "no command: \(line)")
      }
      return Ledger.Submission(command)
    }
    let again = try ledger.submitBlocking(repeated)
    for outcome in again.prefix(min(200, recorded.count)) {
      guard case .alreadyRecorded(let events) = outcome else {
        Issue.record("recorded twice: \(outcome)")
        break
      }
      #expect(events.count == 1)
    }
    try ledger.close()
  }

  @Test(.tags(.crash)) func `an import killed again and again ends without a duplicate`() throws {
    let size = try #require(HistoryGenerator.Size(eventCount: 40_000, namespaceCount: 6_000))
    let file = folder.path + "/history.jsonl"
    var text = ""
    try HistoryGenerator.generate(size, seed: 5) { events in
      for event in events { text += canonicalLine(of: event) + "\n" }
    }
    try Data(text.utf8).write(to: URL(filePath: file))
    var killCount = 0
    var seenByteCount = 0
    while true {
      let importing = try Program(["import", file, "--data", data])
      // Each run may record a batch or two, then it is killed.
      while importing.isRunning, logByteCount() <= seenByteCount {}
      seenByteCount = logByteCount()
      guard importing.isRunning, killCount < 3 else {
        // 1 is that all was recorded already when the run before was killed.
        #expect([0, 1].contains(importing.finish()))
        break
      }
      importing.kill()
      killCount += 1
    }
    #expect(killCount > 0)
    let ledger = try Ledger.open(at: data)
    var exported = ""
    try ledger.forEachEvent { event in
      exported += canonicalLine(of: event) + "\n"
      return true
    }
    #expect(exported == text)
    #expect(try ledger.verify().eventCount == size.eventCount)
  }

  private struct Failure: Error {
    let message: String
  }

  /// The outcome lines that came out of `apply` before it was killed, after about `count` of them.
  private func killApply(_ commands: [String], after count: Int) throws -> [String] {
    let program = try Program(["apply", "--data", data])
    DispatchQueue.global().async {
      for line in commands where !program.write(line + "\n") { return }
    }
    var lines: [String] = []
    while lines.count < count, let line = program.readLine() { lines.append(line) }
    program.kill()
    while let line = program.readLine() { lines.append(line) }
    return lines
  }

  private func logByteCount() -> Int {
    let segments = data + "/segments"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: segments)) ?? []
    return names.reduce(0) { sum, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: segments + "/" + name)
      return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
    }
  }
}

/// The built `trial-ledger`, running, with pipes to and from it.
private final class Program: @unchecked Sendable {
  private let process = ChildProcess()
  private let input = Pipe()
  private let output = Pipe()
  private var buffer = Data()

  init(_ arguments: [String]) throws {
    let tests = URL(filePath: CommandLine.arguments[0])
    process.executableURL = tests.deletingLastPathComponent().appending(path: "trial-ledger")
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    signal(SIGPIPE, SIG_IGN)
    try process.run()
  }

  var isRunning: Bool { process.isRunning }

  func write(_ text: String) -> Bool {
    (try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))) != nil
  }

  /// The next whole line; `nil` when no more comes, also instead of one that was cut.
  func readLine() -> String? {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer = Data(buffer[(end + 1)...])
        return line
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      buffer.append(more)
    }
  }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func finish() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }
}
