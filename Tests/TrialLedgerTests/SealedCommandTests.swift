import LedgerLog
import LedgerTestSupport
import Testing
import TrialLedger

/// Command ids stay known when the events that carry them are sealed.
@Suite("Command ids in sealed segments")
struct SealedCommandTests {
  private func start(_ id: Int64) throws -> Ledger.Submission {
    Ledger.Submission(
      Command(
        .startTrial(try #require(TrialType("ultimate_with_dap"))),
        namespaceID: try #require(NamespaceID(id)),
        metadata: Metadata(commandID: CommandID("command-\(id)"))
      )
    )
  }

  @Test func `a command is recorded once, wherever its events are by now`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger"
    var options = Ledger.Options(
      clock: ManualClock(try #require(Instant("2026-09-01T09:00:00.000Z")))
    )
    options.segmentEventCount = 8
    let ledger = try Ledger.create(at: path, options: options)
    var recorded: [Int64: [Event]] = [:]
    for id in 1...60 as ClosedRange<Int64> {
      guard case .recorded(let events)? = try ledger.submitBlocking([try start(id)]).first else {
        Issue.record("\(id) was not recorded")
        return
      }
      recorded[id] = events
      // One that may be sealed just now, in the background.
      let earlier = max(1, id - 12)
      #expect(
        try ledger.submitBlocking([try start(earlier)])
          == [.alreadyRecorded(recorded[earlier] ?? [])]
      )
    }
    try ledger.close()
    let (writer, _) = try LogWriter.open(in: path, segmentEventCount: 8)
    try writer.sealer.finishSealing()
    #expect(writer.reader().sealedSize >= 48)
    try writer.close()
    let reopened = try Ledger.open(at: path, for: .writing, options: options)
    for id in 1...60 as ClosedRange<Int64> {
      #expect(
        try reopened.submitBlocking([try start(id)]) == [.alreadyRecorded(recorded[id] ?? [])]
      )
    }
    #expect(reopened.size == 61)
    try reopened.close()
  }
}
