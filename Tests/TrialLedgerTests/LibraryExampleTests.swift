import LedgerTestSupport
import Testing
import TrialLedger

/// The Swift of the README and of the handbook, compiled and run; a house rule sees to it that the
/// lines are the same.
@Suite("Library example")
struct LibraryExampleTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/trial-ledger-data"
    try Ledger.create(at: path).close()
  }

  @Test func `a batch is asked for in five lines`() throws {
    let ledger = try Ledger.open(at: path, for: .following)
    let ids = [1_000, 1_001].compactMap { NamespaceID($0) }
    let batch = try ledger.eligibility(of: ids)
    for (id, answer) in zip(batch.namespaceIDs, batch.answers) { print(id, answer.types) }

    #expect(batch.namespaceIDs == ids)
    #expect(batch.answers.allSatisfy { !$0.types.isEmpty })
  }

  @Test func `a command is durable when its outcome is there`() async throws {
    let namespace = try #require(NamespaceID(42))
    let type = try #require(TrialType("ultimate_with_dap"))

    let ledger = try Ledger.open(at: path, for: .writing)
    let start = Command(.startTrial(type), namespaceID: namespace)
    for outcome in try await ledger.submit([start]) {
      switch outcome {
      case .recorded(let events): print("recorded at", events.map(\.position))
      case .refused(let refusal): print(refusal.code, refusal.message)
      default: print(outcome)
      }
    }
    try ledger.close()

    let reopened = try Ledger.open(at: path)
    #expect(try reopened.history(of: namespace).count == 1)
    #expect(try reopened.eligibility(of: [namespace]).answers[0].types.isEmpty)
  }

  @Test func `a service hears of every change once, also of those while it was away`() async throws
  {
    let writer = try Ledger.open(at: path, for: .writing)
    let place = try writer.eligibilityChanges(from: .now).cursor.text
    let namespace = try #require(NamespaceID(42))
    let type = try #require(TrialType("ultimate_with_dap"))
    _ = try await writer.submit([Command(.startTrial(type), namespaceID: namespace)])

    let (forgotten, continuation) = AsyncStream.makeStream(of: NamespaceID?.self)
    let service = Task { [path] in
      let forget = { (id: NamespaceID?) in _ = continuation.yield(id) }
      var saved: String? = place
      let ledger = try Ledger.open(at: path, for: .following)
      let start = try saved.map { ChangeStart.cursor(try ChangeCursor($0)) } ?? .now
      let changes = try ledger.eligibilityChanges(from: start)
      while let batch = try await changes.nextChanges() {
        for change in batch.changes { forget(change.namespaceID) }
        saved = batch.cursor.text
      }
      return saved
    }
    var ids = forgotten.makeAsyncIterator()
    #expect(await ids.next() == namespace)
    service.cancel()
    #expect(try await service.value != place)
    try writer.close()
  }
}
