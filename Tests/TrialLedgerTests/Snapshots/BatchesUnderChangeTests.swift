import Dispatch
import LedgerRuleFiles
import LedgerTestSupport
import Synchronization
import Testing

@testable import TrialLedger

/// Batches are asked for all the time while everything happens to the ledger that can.
@Suite("Batches under change")
struct BatchesUnderChangeTests {
  private static let askerCount = 3
  /// So many answers are compared with the model at most, for each asker.
  private static let checkedCountMax = 120

  private struct Asked {
    let batch: EligibilityBatch
    let on: CalendarDate
  }

  @Test(arguments: seeds(longTests ? 20 : 1))
  func `every answer is that of the position and the rules it states`(seed: UInt64) throws {
    let fixture = try SnapshotFixture()
    let now = try SnapshotFixture.now
    var options = Ledger.Options(clock: ManualClock(now))
    options.segmentEventCount = 64
    options.snapshots.tailEventCountMin = 40
    options.snapshots.tailShare = 1_000
    let ledger = try Ledger.create(
      at: fixture.path,
      now: now,
      isTestClock: true,
      options: options
    )
    let isDone = Atomic(false)
    let asked = Mutex<[[Asked]]>([])
    let problems = Notices()
    DispatchQueue.concurrentPerform(iterations: Self.askerCount + 1) { number in
      do {
        if number == 0 {
          defer { isDone.store(true, ordering: .relaxed) }
          try change(ledger, seed, now)
        } else {
          let answers = try ask(ledger, seed &+ UInt64(number), until: isDone)
          asked.withLock { $0.append(answers) }
        }
      } catch {
        problems.add("\(error)")
      }
    }
    #expect(problems.all == [])
    try ledger.close()
    let judge = try Ledger.open(at: fixture.path)
    #expect(try judge.verify().eventCount == judge.size)
    for answers in asked.withLock(\.self) {
      #expect(!answers.isEmpty)
      let stride = max(1, answers.count / (longTests ? 2_000 : Self.checkedCountMax))
      for index in Swift.stride(from: 0, to: answers.count, by: stride) {
        try check(answers[index], judge)
      }
      for (earlier, later) in zip(answers, answers.dropFirst()) {
        #expect(earlier.batch.basis.position <= later.batch.basis.position)
      }
    }
  }

  /// Appends, sealing, snapshots, rebuilds and their undoing, and rules that change.
  private func change(_ ledger: Ledger, _ seed: UInt64, _ now: Instant) throws {
    var random = SeededGenerator(seed: seed)
    let text = try #require(ledger.rules.activations.first?.text)
    let earlier = try #require(
      BundledRules.all.first { $0.id.text == "gitlab-2021-04-extension" }?.text
    )
    var next: Int64 = 1
    for round in 0..<(longTests ? 200 : 14) {
      let count = Int64.random(in: 5...60, using: &random)
      try SnapshotFixture.start(ledger, next..<next + count, now: now)
      next += count
      switch round % 7 {
      case 1, 4:
        let base = round % 2 == 0 ? text : earlier
        let id = try #require(base.firstMatch(of: #/(?m)^id: (.+)$/#)?.1)
        _ = try ledger.activateRules(
          text: base.replacing("id: \(id)", with: "id: rules-\(round)"),
          name: "rules",
          now: now
        )
      case 2:
        let job = try ledger.startRebuild()
        try SnapshotFixture.start(ledger, next..<next + 20, now: now)
        next += 20
        _ = try job.wait()
      case 3:
        _ = try ledger.undoRebuild()
      case 5:
        let job = try ledger.startRebuild()
        job.cancel()
        _ = try? job.wait()
      case 6:
        ledger.snapshotThread?.wait()
      default: break
      }
    }
  }

  private func ask(
    _ ledger: Ledger,
    _ seed: UInt64,
    until isDone: borrowing Atomic<Bool>
  ) throws -> [Asked] {
    var random = SeededGenerator(seed: seed)
    let days = try ["2026-06-15", "2026-07-20", "2027-01-01"].map {
      try #require(CalendarDate($0))
    }
    var answers: [Asked] = []
    repeat {
      let ids = (0..<12).compactMap { _ in
        NamespaceID(Int64.random(in: 1...500, using: &random))
      }
      let day = try #require(days.randomElement(using: &random))
      let batch = try ledger.eligibility(of: ids, Question(on: day))
      // The memory is for different answers, not for the same one again and again.
      if answers.last?.batch.basis.position != batch.basis.position || answers.count < 500 {
        answers.append(Asked(batch: batch, on: day))
      }
    } while !isDone.load(ordering: .relaxed)
    return answers
  }

  /// The model: the namespace's events up to the stated position, one by one, and the conditions of
  /// the stated rules as they are written.
  private func check(_ asked: Asked, _ judge: Ledger) throws {
    let basis = asked.batch.basis
    let inForce = try #require(judge.rules.inForce(atSize: basis.position))
    #expect(inForce.sha256 == basis.inForce.sha256)
    for (id, answer) in zip(asked.batch.namespaceIDs, asked.batch.answers) {
      let state = try judge.state(of: id, Question(asOf: .size(basis.position))).state
      #expect(
        inForce.rules.eligibility(of: state, on: asked.on) == answer,
        "\(id) at \(basis.position)"
      )
    }
  }
}
