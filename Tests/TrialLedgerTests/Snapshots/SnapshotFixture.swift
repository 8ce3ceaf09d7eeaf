import Foundation
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

/// A generated ledger in a folder of its own, with what is needed to take snapshots of it.
struct SnapshotFixture {
  let folder: TemporaryFolder
  var path: String { folder.path + "/ledger" }
  var file: String { path + "/snapshots.sqlite" }

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Makes a ledger with a history that follows from the seed, without snapshots.
  func generate(_ seed: UInt64, events: Int = 600, namespaces: Int = 80) throws {
    let size = try #require(
      HistoryGenerator.Size(eventCount: events, namespaceCount: namespaces)
    )
    try Ledger.generate(at: path, size, seed: seed)
  }

  /// Takes a snapshot of the present.
  @discardableResult
  func take() throws -> LedgerSnapshot {
    let ledger = try Ledger.open(at: path)
    return try ledger.takeSnapshot()
  }

  /// What the ledger says of everything, and whether it was told about a snapshot.
  func answers(
    snapshots: SnapshotPolicy = SnapshotPolicy(),
    asOf: Question.AsOf? = nil
  ) throws -> (batch: EligibilityBatch, notices: [String]) {
    let notices = Notices()
    var options = Ledger.Options(clock: ManualClock(try Self.now))
    options.snapshots = snapshots
    options.onNotice = { notices.add($0) }
    let ledger = try Ledger.open(at: path, for: .following, options: options)
    defer { try? ledger.close() }
    let ids = (1...2_000).compactMap { NamespaceID(Int64($0)) }
    let batch = try ledger.eligibility(of: ids, Question(asOf: asOf))
    return (batch, notices.all)
  }

  static var now: Instant {
    get throws { try #require(Instant("2026-06-15T12:00:00.000Z") as Instant?) }
  }

  /// Starts the first trial type of the rules in force for each of the namespaces.
  static func start(_ ledger: Ledger, _ range: Range<Int64>, now: Instant) throws {
    let type = try #require(ledger.rules.current?.rules.trialTypes.first?.name)
    let commands = try range.map { id in
      Ledger.Submission(
        Command(
          .startTrial(type),
          namespaceID: try #require(NamespaceID(id)),
          metadata: Metadata()
        ),
        now: now
      )
    }
    for outcome in try ledger.submitBlocking(commands) {
      guard case .recorded = outcome else {
        Issue.record("not recorded: \(outcome)")
        return
      }
    }
  }
}

/// Keeps what a ledger has told.
final class Notices: Sendable {
  private let texts = Mutex<[String]>([])
  var all: [String] { texts.withLock(\.self) }
  func add(_ text: String) { texts.withLock { $0.append(text) } }
}
