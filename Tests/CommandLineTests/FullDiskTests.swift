import Foundation
import LedgerTestSupport
import Testing
import TrialLedger

/// The size of files is limited as `ulimit -f` does it, so that writing fails in the middle with
/// EFBIG, as on a full disk.
@Suite("Full disk")
struct FullDiskTests {
  @Test(.tags(.crash)) func `what fits is recorded and the rest refused, nothing half`() throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/ledger"
    try Ledger.create(at: data).close()
    let commands = (1...40).map {
      #"{"command":"start_trial","namespace_id":\#($0),"trial_type":"ultimate_with_dap"}"#
    }
    let file = folder.path + "/commands.jsonl"
    let program = URL(filePath: CommandLine.arguments[0])
      .deletingLastPathComponent().appending(path: "trial-ledger").path
    // One command a process, each of which seals; the limit of 5 KiB is reached after some.
    let process = ChildProcess()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c",
      """
      ulimit -f 5
      while read -r line; do printf '%s\\n' "$line" | "$0" apply --data "$1" 2>/dev/null; done <"$2"
      """,
      program, data, file,
    ]
    let output = Pipe()
    process.standardOutput = output
    try Data((commands.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))
    try process.run()
    let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let acknowledged = printed.split(separator: "\n").filter { $0.contains("\"recorded\"") }
    #expect((1..<40).contains(acknowledged.count))
    let ledger = try Ledger.open(at: data, for: .writing)
    #expect(ledger.size == acknowledged.count + 1)
    #expect(try ledger.verify().eventCount == ledger.size)
    let more = Command(
      .startTrial(try #require(TrialType("ultimate_with_dap"))),
      namespaceID: try #require(NamespaceID(99))
    )
    guard case .recorded = try ledger.submitBlocking([Ledger.Submission(more)])[0] else {
      Issue.record("there is space again, but nothing is recorded")
      return
    }
    try ledger.close()
  }
}
