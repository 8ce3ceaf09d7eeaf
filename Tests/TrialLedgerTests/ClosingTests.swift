import Foundation
import LedgerLog
import LedgerTestSupport
import Synchronization
import Testing

import TrialLedger

/// Ledgers that are closed, or let go of, on one of their own threads; none may wait for itself.
@Suite("Closing")
struct ClosingTests {
  private let folder: TemporaryFolder
  private let disk = GatedDisk()
  private var options: Ledger.Options

  init() throws {
    folder = try TemporaryFolder()
    options = Ledger.Options(
      clock: ManualClock(try #require(Instant("2026-09-01T09:00:00.000Z")))
    )
    options.disk = disk
  }

  private var path: String { folder.path + "/ledger" }

  private func start(_ id: Int64) throws -> Ledger.Submission {
    Ledger.Submission(
      Command(
        .startTrial(try #require(TrialType("ultimate_with_dap"))),
        namespaceID: try #require(NamespaceID(id))
      )
    )
  }

  /// Expects so many events in the ledger, which somebody else has closed.
  private func expectClosed(with count: Int) async throws {
    while true {
      do throws(LedgerError) {
        let ledger = try Ledger.open(at: path, for: .writing)
        #expect(ledger.size == count)
        return try ledger.close()
      } catch .busy {
        // Whoever was closed on its own thread ends after the answer.
        await Task.yield()
      }
      if Task.isCancelled { throw CancellationError() }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `the commit thread closes the ledger in its answer to a lone command`() async throws {
    let ledger = try Ledger.create(at: path, options: options)
    let (answers, continuation) = AsyncStream<Bool>.makeStream()
    ledger.submit([try start(1)], atomically: false) { result in
      let closed = (try? ledger.close()) != nil
      continuation.yield(closed && (try? result.get()) != nil)
    }
    #expect(await answers.first { _ in true } == true)
    try await expectClosed(with: 2)
    // Says how closing has ended.
    try ledger.close()
  }

  @Test(.timeLimit(.minutes(1)))
  func `the sync thread closes the ledger in its answer to one of several`() async throws {
    let ledger = try Ledger.create(at: path, options: options)
    let (answers, continuation) = AsyncStream<Int>.makeStream()
    disk.close()
    var arrivals = disk.arrivals.makeAsyncIterator()
    ledger.submit([try start(1)], atomically: false) { _ in continuation.yield(1) }
    await arrivals.next()
    for id in 2...3 as ClosedRange<Int64> {
      ledger.submit([try start(id)], atomically: false) { _ in
        if id == 2 { try? ledger.close() }
        continuation.yield(Int(id))
      }
    }
    while ledger.waitingCommandCount < 2 { await Task.yield() }
    disk.open(letting: .well)
    #expect(await answers.prefix(3).reduce(into: []) { $0.append($1) }.sorted() == [1, 2, 3])
    try await expectClosed(with: 4)
    try ledger.close()
  }

  @Test(.timeLimit(.minutes(1)))
  func `the last one to let go of a ledger may be the answer to a command`() async throws {
    let kept = Mutex<Ledger?>(try Ledger.create(at: path, options: options))
    let (answers, continuation) = AsyncStream<Void>.makeStream()
    // The call keeps the ledger until the command waits at the gate.
    disk.close()
    var arrivals = disk.arrivals.makeAsyncIterator()
    kept.withLock(\.self)?.submit([try start(1)], atomically: false) { _ in
      kept.withLock { $0 = nil }
      continuation.yield()
    }
    await arrivals.next()
    disk.open(letting: .well)
    await answers.first { true }
    try await expectClosed(with: 2)
  }

  /// What an import has recorded and could not fold is in the log, and not in what commands would be
  /// decided on.
  @Test func `after a fold that failed nothing is decided until the ledger is opened anew`() throws
  {
    let ledger = try Ledger.create(at: path, options: options)
    let file = folder.path + "/facts"
    let line = #"""
      {"namespace_id":7,"recorded_at":"2026-08-01T09:00:00.000Z","type":"trial_started",\#
      "trial_type":"ultimate","starts_on":"2026-08-01","ends_on":"2026-08-31"}
      """#
    try line.write(toFile: file, atomically: true, encoding: .utf8)
    let disk = disk
    let error = ledgerError {
      _ = try ledger.importFile(
        file,
        ImportOptions(
          recordsNow: true,
          progress: { if $0.phase == "recording" { disk.failReads(true) } }
        )
      )
    }
    #expect(error?.exitCode == 74, "\(String(describing: error))")
    #expect(ledger.size == 1)
    disk.failReads(false)
    #expect(ledgerError { _ = try ledger.submitBlocking([try start(7)]) } == error)
    #expect(ledgerError { _ = try ledger.importFile(file) } == error)
    try ledger.close()
    let again = try Ledger.open(at: path, for: .writing)
    #expect(again.size == 2)
    #expect(try again.submitBlocking([try start(8)]).count == 1)
    #expect(try again.verify().eventCount == 3)
    try again.close()
  }
}
