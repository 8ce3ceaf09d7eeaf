import Foundation
import LedgerLog
import LedgerTestSupport
import Synchronization
import Testing

import TrialLedger

/// Callers with threads of their own, who decide and commit there when nobody else wants the writer.
@Suite("Callers who block", .timeLimit(.minutes(2)))
struct LoneCallerTests {
  private let folder: TemporaryFolder
  private let disk = GatedDisk()
  private let ledger: Ledger

  init() throws {
    folder = try TemporaryFolder()
    var options = Ledger.Options(
      clock: ManualClock(try #require(Instant("2026-09-01T09:00:00.000Z")))
    )
    options.disk = disk
    ledger = try Ledger.create(at: folder.path + "/ledger", options: options)
  }

  private func start(_ id: Int64) throws -> Ledger.Submission {
    Ledger.Submission(
      Command(
        .startTrial(try #require(TrialType("ultimate_with_dap"))),
        namespaceID: try #require(NamespaceID(id))
      )
    )
  }

  /// Records trials of 1000 and more until the caller is served on its own thread, as it is once the
  /// commit thread has nothing left to do.
  ///
  /// - Returns: How many were recorded.
  private func recordUntilServedHere() throws -> Int {
    var count = 0
    repeat {
      count += 1
      _ = try ledger.submitBlocking([try start(1_000 + Int64(count))])
    } while !disk.wasWrittenHere
    return count
  }

  /// Runs `body` on a thread of its own.
  private func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) -> Task<Value, any Error> {
    let (results, continuation) = AsyncStream<Result<Value, any Error>>.makeStream()
    Thread.detachNewThread { continuation.yield(Result(catching: body)) }
    return Task {
      var results = results.makeAsyncIterator()
      return try await #require(results.next()).get()
    }
  }

  private func position(_ outcomes: [Outcome]) -> Int? {
    guard case .recorded(let events)? = outcomes.first else { return nil }
    return events.first?.position
  }

  @Test func `a lone caller is served on its own thread`() throws {
    let before = try recordUntilServedHere()
    let position = position(try ledger.submitBlocking([try start(1)]))
    #expect(position == before + 1)
    #expect(disk.wasWrittenHere)
    #expect(ledger.size == before + 2, "visible as soon as it is acknowledged")
    try ledger.close()
    let reopened = try Ledger.open(at: ledger.path)
    #expect(try reopened.verify().root == reopened.root)
  }

  @Test func `what comes while a caller has the writer waits, and follows`() async throws {
    let before = try recordUntilServedHere()
    disk.close()
    var arrivals = disk.arrivals.makeAsyncIterator()
    let (ledger, one, two) = (ledger, try start(1), try start(2))
    let first = onThread { try ledger.submitBlocking([one]) }
    await arrivals.next()
    let second = Task { try await ledger.submit([two], atomically: false) }
    while ledger.waitingCommandCount < 1 { await Task.yield() }
    let third = onThread { try ledger.submitBlocking([two]) }
    while ledger.waitingCommandCount < 2 { await Task.yield() }
    #expect(ledger.size == before + 1)
    disk.open(letting: .well)
    #expect(position(try await first.value) == before + 1)
    #expect(position(try await second.value) == before + 2)
    #expect(position(try await third.value) == nil, "two has a trial by then")
    try ledger.close()
  }

  @Test func `a ledger that is closed meanwhile finishes what the caller has begun`() async throws {
    let before = try recordUntilServedHere()
    disk.close()
    var arrivals = disk.arrivals.makeAsyncIterator()
    let (ledger, one) = (ledger, try start(1))
    let recording = onThread { try ledger.submitBlocking([one]) }
    await arrivals.next()
    let closing = onThread { try ledger.close() }
    // Once closing has begun nothing is taken any more; what was taken before waits, and is refused.
    let isClosing = Mutex(false)
    while !isClosing.withLock(\.self) {
      ledger.submit([one]) { result in
        if case .failure = result { isClosing.withLock { $0 = true } }
      }
      await Task.yield()
    }
    disk.open(letting: .well)
    #expect(position(try await recording.value) == before + 1)
    try await closing.value
    #expect(throws: LedgerError.self) { try ledger.submitBlocking([one]) }
    #expect(try Ledger.open(at: ledger.path).size == before + 2)
  }

  @Test func `a full disk refuses, and recording goes on`() throws {
    let before = try recordUntilServedHere()
    disk.close()
    disk.letPass(.noSpace)
    let error = #expect(throws: LedgerError.self) { try ledger.submitBlocking([try start(1)]) }
    #expect(error?.message.contains("no space left") == true)
    #expect(ledger.size == before + 1)
    disk.open(letting: .well)
    #expect(position(try ledger.submitBlocking([try start(1)])) == before + 1)
    #expect(disk.wasWrittenHere)
    try ledger.close()
    #expect(try Ledger.open(at: ledger.path).verify().root == ledger.root)
  }

  @Test func `after a failed sync nothing is recorded any more`() throws {
    let before = try recordUntilServedHere()
    disk.close()
    disk.letPass(.syncFails)
    #expect(throws: LedgerError.self) { try ledger.submitBlocking([try start(1)]) }
    disk.open(letting: .well)
    #expect(throws: LedgerError.self) { try ledger.submitBlocking([try start(2)]) }
    #expect(ledger.size == before + 1)
    #expect(try ledger.history(of: try #require(NamespaceID(1))).isEmpty)
    try ledger.close()
  }

  @Test func `the log's end is sealed when callers pause`() throws {
    _ = try recordUntilServedHere()
    let path = ledger.path + "/segments"
    for id in 1...3 as ClosedRange<Int64> {
      _ = try ledger.submitBlocking([try start(id)])
      let before = try byteCount(below: path)
      // A seal frame follows; that it never does shows by the time limit.
      while try byteCount(below: path) == before { sched_yield() }
    }
    try ledger.close()
  }

  private func byteCount(below path: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: path).reduce(0) { sum, name in
      let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
      return sum + (attributes[.size] as? Int ?? 0)
    }
  }

  /// Callers with and without threads of their own at once: each command is recorded once, and
  /// everybody hears of the position it stands at.
  @Test(.tags(.property), arguments: seeds(4))
  func `callers who block and callers who do not share the log`(seed: UInt64) async throws {
    let (ledger, perCaller) = (ledger, 40 as Int64)
    let type = try #require(TrialType("ultimate_with_dap"))
    @Sendable func submission(_ caller: Int64, _ round: Int64) throws -> Ledger.Submission {
      let id = try #require(NamespaceID(1 + caller * perCaller + round))
      return Ledger.Submission(Command(.startTrial(type), namespaceID: id))
    }
    @Sendable func event(_ outcomes: [Outcome]) throws -> Event {
      guard case .recorded(let events)? = outcomes.first else {
        throw LedgerError.refused("\(outcomes)")
      }
      return try #require(events.first)
    }
    let blocking = (0..<3 as Range<Int64>).map { caller in
      onThread {
        var generator = SeededGenerator(seed: seed &* 16 &+ UInt64(caller))
        return try (0..<perCaller).map { round in
          // A pause now and then lets the others find the writer free.
          if Bool.random(using: &generator) { sched_yield() }
          return try event(try ledger.submitBlocking([try submission(caller, round)]))
        }
      }
    }
    let others = (3..<6 as Range<Int64>).map { caller in
      Task {
        var events: [Event] = []
        for round in 0..<perCaller {
          events.append(
            try event(try await ledger.submit([try submission(caller, round)], atomically: false))
          )
        }
        return events
      }
    }
    var acknowledged: [Event] = []
    for caller in blocking + others { acknowledged += try await caller.value }
    try ledger.close()
    let reopened = try Ledger.open(at: ledger.path)
    var recorded: [Event] = []
    try reopened.forEachEvent(from: 1) { event in
      recorded.append(event)
      return true
    }
    #expect(recorded.count == 6 * Int(perCaller))
    #expect(acknowledged.sorted { $0.position < $1.position } == recorded)
    #expect(try reopened.verify().root == reopened.root)
  }
}
