import LedgerFormat
import LedgerLog
import LedgerRuleFiles
import LedgerTestSupport
import Synchronization
import Testing

@testable import TrialLedger

/// A follower keeps its last good view when the log cannot be read, says so, and goes on.
@Suite("Following")
struct FollowerTests {
  /// A log whose first event activates rules, on a simulated disk.
  private func makeLog(_ disk: SimulatedDisk) throws -> LogWriter {
    let writer = try LogWriter.create(
      in: "log",
      identity: LedgerIdentity([UInt8](0..<16).span),
      disk: disk
    )
    let text = BundledRules.newest.text
    try writer.append([
      Event(
        position: 0,
        namespaceID: .ledger,
        version: 1,
        recordedAt: Instant(midnightOf: .first),
        metadata: Metadata(),
        fact: .rulesActivated(
          try Ledger.readRules(text: text, name: "rules").id,
          sha256: String(repeating: "0a", count: 32),
          text: text
        )
      )
    ])
    try writer.commit()
    return writer
  }

  private func move(_ position: Int) throws -> Event {
    Event(
      position: position,
      namespaceID: try #require(NamespaceID(7)),
      version: position,
      recordedAt: Instant(midnightOf: .first),
      metadata: Metadata(),
      fact: .namespaceMoved(parent: nil)
    )
  }

  @Test func `a read that fails once is told once and got over`() throws {
    let disk = SimulatedDisk()
    let writer = try makeLog(disk)
    let told = Mutex<[LedgerError]>([])
    var options = Ledger.Options()
    options.onProblem = { problem in told.withLock { $0.append(problem) } }
    let follower = Follower(try LogReader.open(in: "log", disk: disk), options)
    #expect(follower.step()?.size == 1)
    #expect(follower.problem == nil)
    for call in [DiskCall.read, .open, .names] {
      let size = writer.size
      try writer.append([try move(size)])
      try writer.commit()
      let before = told.withLock(\.count)
      var plan = SimulatedDisk.Plan()
      plan.alwaysFailing = [call: 5]
      disk.plan(plan)
      #expect(follower.step() == nil)
      #expect(follower.step() == nil)
      #expect(told.withLock(\.count) == before + 1, "\(call)")
      #expect(follower.problem?.exitCode == 74, "\(call)")
      disk.plan(SimulatedDisk.Plan())
      #expect(follower.step()?.size == size + 1)
      #expect(follower.problem == nil)
    }
    try writer.close()
  }
}
