import Foundation
import LedgerLog
import LedgerRuleFiles
import LedgerTestSupport
import Testing

import TrialLedger

/// Commands that are decided while the commit before theirs waits for the disk.
///
/// Each test holds a commit at a gate, has the next group decided on top of it, and then lets the
/// commit end well or badly.
@Suite("Commits in flight")
struct CommitPipelineTests {
  private let folder: TemporaryFolder
  private let disk = GatedDisk()
  private let ledger: Ledger

  init() throws {
    folder = try TemporaryFolder()
    let now = try #require(Instant("2026-09-01T09:00:00.000Z"))
    var options = Ledger.Options(clock: ManualClock(now))
    options.disk = disk
    ledger = try Ledger.create(at: folder.path + "/ledger", options: options)
  }

  private func start(_ id: Int64, _ commandID: String? = nil) throws -> Command {
    Command(
      .startTrial(try #require(TrialType("ultimate_with_dap"))),
      namespaceID: try #require(NamespaceID(id)),
      metadata: Metadata(commandID: commandID.flatMap { CommandID($0) })
    )
  }

  /// Submits commands and returns at once, when they wait to be decided or are decided already.
  private func send(_ commands: [Command], atomically: Bool = false) -> Task<[Outcome], any Error> {
    let (answers, continuation) = AsyncStream<Result<[Outcome], LedgerError>>.makeStream()
    ledger.submit(commands.map { Ledger.Submission($0) }, atomically: atomically) { result in
      continuation.yield(result)
    }
    return Task {
      var answers = answers.makeAsyncIterator()
      return try await #require(answers.next()).get()
    }
  }

  private func wait(untilWaiting count: Int) async {
    while ledger.waitingCommandCount != count { await Task.yield() }
  }

  /// Holds namespace 1's start alone at the gate, then those of 2 and 3 as one group behind it; the
  /// next command is decided on top of theirs.
  private func holdGroup() async throws -> [Task<[Outcome], any Error>] {
    disk.close()
    var arrivals = disk.arrivals.makeAsyncIterator()
    let first = send([try start(1)])
    await arrivals.next()
    let second = send([try start(2, "two")])
    await wait(untilWaiting: 1)
    let third = send([try start(3)])
    await wait(untilWaiting: 2)
    disk.letPass()
    await arrivals.next()
    #expect(try await positions(of: first) == [1])
    #expect(ledger.size == 2, "what waits for the disk is not visible")
    return [second, third]
  }

  private func positions(of task: Task<[Outcome], any Error>) async throws -> [Int] {
    try await task.value.flatMap { outcome in
      guard case .recorded(let events) = outcome else { return [-1] }
      return events.map(\.position)
    }
  }

  private func message(of task: Task<[Outcome], any Error>) async -> String {
    switch await task.result {
    case .success(let outcomes): "\(outcomes)"
    case .failure(let error): (error as? LedgerError)?.message ?? "\(error)"
    }
  }

  @Test func `what is decided on top of a commit is recorded after it`() async throws {
    let held = try await holdGroup()
    let next = send([try start(4), try start(2)])
    await wait(untilWaiting: 0)
    disk.open(letting: .well)
    #expect(try await positions(of: held[0]) == [2])
    #expect(try await positions(of: held[1]) == [3])
    let outcomes = try await next.value
    guard case .recorded(let events) = outcomes[0], case .refused(let refusal) = outcomes[1] else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(events.map(\.position) == [4])
    #expect(refusal.code == "trial_still_active", "the state in flight decides")
    #expect(ledger.size == 5)
    try ledger.close()
    #expect(try Ledger.open(at: ledger.path).verify().root == ledger.root)
  }

  @Test func `a full disk fails the commit and what was decided on top, and recording goes on`()
    async throws
  {
    let held = try await holdGroup()
    let next = send([try start(4), try start(2)])
    let batch = send([try start(5), try start(6)], atomically: true)
    await wait(untilWaiting: 0)
    disk.open(letting: .noSpace)
    for task in held + [next, batch] {
      #expect(await message(of: task).contains("no space left"))
    }
    #expect(ledger.size == 2)
    // Nothing of the failed groups is left: 2 has no trial, and the next position is free.
    #expect(try await positions(of: send([try start(2, "two")])) == [2])
    #expect(
      try await positions(of: send([try start(5), try start(6)], atomically: true)) == [3, 4]
    )
    #expect(try ledger.state(of: try #require(NamespaceID(4))).state.version == 0)
    try ledger.close()
    #expect(try Ledger.open(at: ledger.path).verify().root == ledger.root)
  }

  @Test func `a failed sync fails all, and nothing is recorded any more`() async throws {
    let held = try await holdGroup()
    let next = send([try start(4)])
    await wait(untilWaiting: 0)
    disk.open(letting: .syncFails)
    for task in held + [next, send([try start(7)])] {
      #expect(await message(of: task).contains("fdatasync"))
    }
    #expect(ledger.size == 2)
    #expect(try ledger.history(of: try #require(NamespaceID(1))).count == 1, "reads go on")
    try ledger.close()
  }

  @Test(arguments: [true, false])
  func `a command id in flight is known, and free again when its commit fails`(
    endsWell: Bool
  ) async throws {
    let held = try await holdGroup()
    let again = send([try start(2, "two")])
    let other = send([try start(9, "two")])
    await wait(untilWaiting: 0)
    disk.open(letting: endsWell ? .well : .noSpace)
    if endsWell {
      guard case .recorded(let events)? = try await held[0].value.first else {
        Issue.record("not recorded")
        return
      }
      #expect(try await again.value == [.alreadyRecorded(events)])
      let id = try #require(CommandID("two"))
      #expect(try await other.value == [.conflict(.commandIDReused(id))])
      #expect(try await send([try start(2, "two")]).value == [.alreadyRecorded(events)])
    } else {
      #expect(await message(of: again).contains("no space left"))
      #expect(await message(of: other).contains("no space left"))
      #expect(try await positions(of: send([try start(9, "two")])) == [2])
    }
    try ledger.close()
  }

  @Test func `an atomic batch that fails leaves its neighbours in the group alone`() async throws {
    _ = try await holdGroup()
    let before = send([try start(4)])
    await wait(untilWaiting: 0)
    let refused = send([try start(5), try start(4)], atomically: true)
    await wait(untilWaiting: 0)
    let after = send([try start(5)])
    await wait(untilWaiting: 0)
    disk.open(letting: .well)
    #expect(try await positions(of: before) == [4])
    #expect(try await refused.value.first == .notRecorded)
    #expect(try await positions(of: after) == [5])
    try ledger.close()
  }

  @Test func `rules that are activated wait for what was decided, and rule what comes after`()
    async throws
  {
    let held = try await holdGroup()
    let rules = try #require(BundledRules.all.first)
    let activation = Task { [ledger] in
      try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
          continuation.resume(
            with: Result { try ledger.activateRules(text: rules.text, name: "rules") }
          )
        }
      }
    }
    await wait(untilWaiting: 1)
    let after = send([try start(4)])
    await wait(untilWaiting: 2)
    disk.open(letting: .well)
    #expect(try await positions(of: held[1]) == [3])
    guard case .activated(let event) = try await activation.value else {
      Issue.record("not activated")
      return
    }
    #expect(event.position == 4)
    guard case .refused(let refusal)? = try await after.value.first else {
      Issue.record("the old rules decided")
      return
    }
    #expect(refusal.code == "unknown_trial_type")
    try ledger.close()
  }
}
