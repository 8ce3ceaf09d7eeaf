import Foundation
import GRDB
import LedgerCore
import LedgerGitLab
import LedgerTestSupport
import Testing

@Suite("The file of what was pushed")
struct SyncStoreTests {
  private let folder: TemporaryFolder
  private let path: String
  private let now = Instant(midnightOf: .first)
  private let one = NamespaceID(unchecked: 1)

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/sync.sqlite"
  }

  private func open(_ gitLab: String? = "https://gitlab.example") throws -> SyncStore {
    try SyncStore.open(at: path, gitLab: gitLab, now: now)
  }

  @Test(.tags(.snapshot))
  func `keeps its tables`() throws {
    expectSnapshot(of: try open().schema(), at: "GitLab/sync-schema.sql.txt")
  }

  @Test func `is of one GitLab`() throws {
    try open().close()
    try open(nil).close()
    #expect {
      _ = try open("https://other.example")
    } throws: { error in
      "\(error)".contains("https://gitlab.example, not to https://other.example")
    }
  }

  @Test func `what is no such file is left alone`() throws {
    #expect(throws: SyncStoreError.self) { try open(nil) }
    let text = "not a database, but long enough to be looked at by whoever wants one"
    try Data(text.utf8).write(to: URL(filePath: path))
    #expect(throws: SyncStoreError.self) { try open() }
    #expect(try Data(contentsOf: URL(filePath: path)) == Data(text.utf8))
  }

  @Test func `touches and the place after them are noted together`() throws {
    let store = try open()
    #expect(try store.cursor() == nil)
    let touches = [(id: one, cause: PushCause.event(position: 4))]
    try store.follow(touches, to: "here", position: 5, now: now)
    #expect(try store.cursor() == "here")
    #expect(try store.due(8, now: now).map(\.cause) == ["event 4"])
    #expect(try store.status().position == 5)
  }

  @Test func `one that is touched while it is pushed stays due`() throws {
    let store = try open()
    try store.touch([one], .answer, now: now)
    let due = try #require(try store.due(one))
    try store.touch([one], .repair, now: now)
    try store.settle(due, readAt: now)
    #expect(try store.due(one)?.cause == "repair")
    try store.park(due, refused: Array(repeating: 7, count: 16), "no")
    #expect(try store.status().parkedCount == 0)
    let again = try #require(try store.due(one))
    try store.settle(again, readAt: now)
    #expect(try store.due(one) == nil)
  }

  @Test func `what was pushed of a namespace is known by part, until it is repaired`() throws {
    let store = try open()
    let part = PushedPart(kind: .addOn("duo_pro"), body: [1], isNothing: false)
    try store.notePushed(part, for: one)
    #expect(try store.pushed(for: one) == ["duo_pro": part.hash])
    #expect(try store.pushed(for: NamespaceID(unchecked: 2)).isEmpty)
    try store.repair([(one, "duo_pro")], now: now)
    // Something was pushed, and nobody knows what became of it.
    #expect(try store.known(of: one).mustPush(part, at: now))
    let nothing = PushedPart(kind: .addOn("duo_pro"), body: [2], isNothing: true)
    #expect(try store.known(of: one).mustPush(nothing, at: now))
    #expect(try store.due(one)?.cause == "repair")
  }

  @Test func `a new history looks again at all that was pushed`() throws {
    let store = try open()
    try store.follow([], to: "there", position: 9, now: now)
    let part = PushedPart(kind: .subscription, body: [1], isNothing: false)
    try store.notePushed(part, for: one)
    try store.beginAgain(now: now)
    #expect(try store.cursor() == nil)
    #expect(try store.due(one)?.cause == "new history")
    #expect(try store.pushed(for: one) == ["subscription": part.hash])
  }

  @Test func `what went unanswered may be done until its time is over`() throws {
    let store = try open()
    let old = PushedPart(kind: .subscription, body: [1], isNothing: false)
    let new = PushedPart(kind: .subscription, body: [2], isNothing: true)
    let until = try #require(Instant(milliseconds: now.milliseconds + 1_000))
    // Nothing was ever taken, but something may have been done.
    #expect(try !store.known(of: one).mustPush(new, at: now))
    try store.noteSending(old, for: one, until: until)
    #expect(try store.known(of: one).isUnanswered(old))
    #expect(try store.known(of: one).mustPush(new, at: now))
    try store.noteSending(new, for: one, until: until)
    try store.notePushed(new, for: one)
    #expect(try store.status().unansweredCount == 1)
    #expect(try !store.known(of: one).mustPush(new, at: now))
    #expect(try store.known(of: one).mustPush(new, at: until))
    #expect(try store.touchUnanswered(atMost: 9, now: now) == 0)
    #expect(try store.touchUnanswered(atMost: 9, now: until) == 1)
    #expect(try store.touchUnanswered(atMost: 9, now: until) == 0, "it is due already")
    let due = try #require(try store.due(one))
    #expect(due.cause == "unanswered push")
    try store.settle(due, readAt: now)
    #expect(try store.status().unansweredCount == 1)
    try store.settle(due, readAt: until)
    #expect(try store.status().unansweredCount == 0)
    #expect(try !store.known(of: one).mustPush(new, at: until))
  }

  @Test func `what was refused will not be done, unless it was sent before`() throws {
    let store = try open()
    let part = PushedPart(kind: .subscription, body: [1], isNothing: false)
    let other = PushedPart(kind: .subscription, body: [2], isNothing: false)
    try store.notePushed(other, for: one)
    let before = try store.known(of: one)
    try store.noteSending(part, for: one, until: now)
    let between = try store.known(of: one)
    #expect(between.isUnanswered(part))
    #expect(between.mustPush(other, at: now), "it may be the one that GitLab holds no longer")
    try store.noteSending(part, for: one, until: now)
    try store.noteNotTaken(part, for: one, known: between)
    #expect(try store.known(of: one) == between)
    try store.noteNotTaken(part, for: one, known: before)
    #expect(try store.known(of: one) == before)
  }

  @Test func `drift counts until it is pushed, or compared again`() throws {
    let store = try open()
    #expect(try store.status().comparison == nil)
    func drift(_ id: Int64, _ kind: Drift.Kind, _ part: PushedPart.Kind) -> Drift {
      Drift(
        id: NamespaceID(unchecked: id),
        kind: kind,
        part: part,
        field: "x",
        held: nil,
        expected: "y"
      )
    }
    let found = [
      drift(1, .subscription, .subscription), drift(1, .addOn, .addOn("duo_pro")),
      drift(2, .missingInGitLab, .subscription), drift(3, .missingInGitLab, .subscription),
    ]
    let all = ComparedScope.all(subscriptions: true, addOns: true)
    try store.note(found, in: all, comparedCount: 9, now: now)
    #expect(
      try store.status().driftCounts == [.subscription: 1, .addOn: 1, .missingInGitLab: 2]
    )
    #expect(try store.status().comparison == SyncStatus.Comparison(at: now, comparedCount: 9))
    let part = PushedPart(kind: .subscription, body: [1], isNothing: false)
    try store.notePushed(part, for: one)
    #expect(try store.status().driftCounts == [.addOn: 1, .missingInGitLab: 2])
    // A look at one, at its subscription only.
    let two = ComparedScope.some([NamespaceID(unchecked: 2)], subscriptions: true, addOns: false)
    try store.note([], in: two, comparedCount: 1, now: now)
    #expect(try store.status().driftCounts == [.addOn: 1, .missingInGitLab: 1])
    #expect(try store.status().comparison?.comparedCount == 9)
    let subscriptions = ComparedScope.all(subscriptions: true, addOns: false)
    try store.note([], in: subscriptions, comparedCount: 2, now: now)
    #expect(try store.status().driftCounts == [.addOn: 1])
  }

  @Test func `what GitLab is told beside the ledger is kept, and looked at anew when it changes`()
    throws
  {
    let store = try open()
    #expect(try store.pushOptions() == PushOptions())
    let part = PushedPart(kind: .subscription, body: [1], isNothing: false)
    try store.notePushed(part, for: one)
    var options = PushOptions()
    (options.seats, options.isAutoRenewed, options.addOnQuantity) = (3, false, 7)
    #expect(try store.adopt(options, now: now) == 0, "nobody knows what was told before")
    #expect(try store.pushOptions() == options)
    #expect(try store.adopt(options, now: now) == 0)
    options.isAutoRenewed = nil
    #expect(try store.adopt(options, now: now) == 1)
    #expect(try store.due(one)?.cause == "options")
    #expect(try store.pushOptions() == options)
  }

  /// Changes the file as nobody but another version does.
  private func change(_ body: (Database) throws -> Void) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.write(body)
    try queue.close()
  }

  @Test func `a file of the first version is gone on with`() throws {
    let part = PushedPart(kind: .subscription, body: [1], isNothing: false)
    do {
      let store = try open()
      try store.notePushed(part, for: one)
      try store.close()
    }
    try change { db in
      for table in ["unanswered", "drift", "comparison", "content"] {
        try db.execute(sql: "DROP TABLE \(table)")
      }
      try db.execute(sql: "PRAGMA user_version = 1")
    }
    let store = try open()
    #expect(try store.pushed(for: one) == ["subscription": part.hash])
    #expect(try store.status().unansweredCount == 0)
    #expect(try store.schema().contains("CREATE TABLE drift"))
    try store.close()
    try change { try $0.execute(sql: "PRAGMA user_version = 3") }
    #expect(throws: SyncStoreError.self) { try open() }
  }

  @Test(.tags(.property), arguments: seeds(50))
  func `waits double up to their limit, in their upper half`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let jitter = Double.random(in: -0.5...1.5, using: &generator)
    let backoff = Backoff(jitter: { jitter })
    for count in 0..<200 {
      let wait = backoff.milliseconds(afterFailures: count)
      var longest: Int64 = 1_000
      for _ in 1..<max(count, 1) where longest < 300_000 { longest *= 2 }
      longest = min(longest, 300_000)
      #expect((longest / 2...longest).contains(wait), "\(count)")
    }
  }
}
