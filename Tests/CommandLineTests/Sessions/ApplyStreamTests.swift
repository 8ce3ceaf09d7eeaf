import Foundation
import LedgerTestSupport
import Testing

@Suite("Apply as a stream")
struct ApplyStreamTests {
  private func start(_ id: Int) -> String {
    #"{"command":"start_trial","namespace_id":\#(id),"trial_type":"ultimate_with_dap"}"# + "\n"
  }

  /// Several groups are under way at once; their outcomes come in the order of the lines all the
  /// same, and a line that is wrong stops no other.
  @Test func `answers many lines in their order, wrong ones too`() throws {
    let shell = try Shell.withHistory()
    let count = 6_000
    let lines = (1...count).map { $0 % 1_000 == 7 ? "{\"command\":\n" : start(100_000 + $0) }
    let ran = try shell.silently("apply", input: lines.joined())
    #expect(ran.code == 0, "\(ran.errors)")
    let outcomes = ran.output.split(separator: "\n")
    #expect(outcomes.count == count)
    for (index, outcome) in outcomes.enumerated() {
      if (index + 1) % 1_000 == 7 {
        #expect(outcome.contains(#""line":\#(index + 1)"#), "\(outcome)")
      } else {
        #expect(outcome.contains(#""namespace_id":\#(100_001 + index),"#), "\(outcome)")
      }
    }
    #expect(try shell.silently("verify").code == 0)
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `asked to end, it answers what it has read, seals and exits 0`(signal: Int32) throws {
    let shell = try Shell.withHistory()
    let before = try shell.silently("export").output.split(separator: "\n").count
    let process = shell.process("apply")
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let lines = (1...200).map { start(200_000 + $0) }.joined()
    try input.fileHandleForWriting.write(contentsOf: Data(lines.utf8))
    // The input stays open; the first outcomes show that it is at work.
    var seen = output.fileHandleForReading.availableData
    kill(process.processIdentifier, signal)
    seen += try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 0)
    let outcomes = String(decoding: seen, as: UTF8.self).split(separator: "\n")
    #expect(outcomes.allSatisfy { $0.hasPrefix(#"{"events":["#) || $0.contains("recorded") })
    let recorded = try shell.silently("export --from \(before)").output.split(separator: "\n")
    #expect(recorded.count == outcomes.count, "what is recorded was answered")
    #expect(!outcomes.isEmpty)
  }
}
