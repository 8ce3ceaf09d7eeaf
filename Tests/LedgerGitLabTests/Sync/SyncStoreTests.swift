import Foundation
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
    try store.settle(due)
    #expect(try store.due(one)?.cause == "repair")
    try store.park(due, refused: Array(repeating: 7, count: 16), "no")
    #expect(try store.status().parkedCount == 0)
    let again = try #require(try store.due(one))
    try store.settle(again)
    #expect(try store.due(one) == nil)
  }

  @Test func `what was pushed of a namespace is known by part, until it is repaired`() throws {
    let store = try open()
    let part = PushedPart(kind: .addOn("duo_pro"), body: [1], isNothing: false)
    try store.notePushed(part, for: one)
    #expect(try store.pushed(for: one) == ["duo_pro": part.hash])
    #expect(try store.pushed(for: NamespaceID(unchecked: 2)).isEmpty)
    try store.repair([one], now: now)
    #expect(try store.pushed(for: one).isEmpty)
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
