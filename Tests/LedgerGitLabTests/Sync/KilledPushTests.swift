#if GitLabSync
import Foundation
import LedgerGitLab
import LedgerGitLabSync
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

/// The real program, killed while it pushes.
@Suite("A pushing process that is killed")
struct KilledPushTests {
  private static let ids: [Int64] = Array(1...6)

  @Test(.timeLimit(.minutes(10)))
  func `what it was pushing is pushed again by the next one, the same and in order`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger"
    try Ledger.create(at: path).close()
    try Self.writeKey(into: folder.path + "/keys")
    let gitLab = StandInGitLab(issuer: SyncScene.issuer)
    gitLab.use(SystemClock())
    let killer = Killer()
    gitLab.fault.withLock { $0 = { _, _ in killer.next() } }
    try await gitLab.run { gitLabPort in
      var generator = SeededGenerator(seed: 11)
      for _ in 0..<(longTests ? 40 : 4) {
        let program = try PushingProgram(folder.path, gitLabPort: gitLabPort)
        gitLab.keysPort.withLock { $0 = program.port }
        killer.kill(
          program.processID,
          afterRequests: Int.random(in: 1...9, using: &generator),
          isDone: Bool.random(using: &generator)
        )
        while program.isRunning {
          // No answer comes from a process that was killed.
          _ = try? await HTTPCall("POST", "/v1/commands", Self.command(using: &generator))
            .send(to: program.port)
        }
        #expect(program.waitForEnd() == .uncaughtSignal)
        await gitLab.quiet()
      }
      let program = try PushingProgram(folder.path, gitLabPort: gitLabPort)
      gitLab.keysPort.withLock { $0 = program.port }
      defer { program.kill() }
      let ledger = try Ledger.open(at: path)
      let store = try SyncStore.open(
        at: SyncStore.path(besideLedgerAt: path),
        gitLab: nil,
        now: SystemClock().now()
      )
      var status = try store.status()
      while program.isRunning, status.position < ledger.size || status.dueCount > 0 {
        await Task.yield()
        status = try store.status()
      }
      #expect(program.isRunning)
      #expect(status.parkedCount == 0)
      #expect(try gitLab.differences(from: ledger, Self.ids) == [])
      let today = max(SystemClock().now(), ledger.lastRecordedAt).date
      try expectReasons(in: gitLab, of: ledger, Self.ids, upTo: today)
      // How many commands fit between two kills, the machine decides.
      #expect(gitLab.changes.count >= (longTests ? Self.ids.count : 1))
      try ledger.close()
    }
  }

  private static func writeKey(into folder: String) throws {
    let key = try SigningKeys.generate(now: Instant(midnightOf: .first))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(key.pem.utf8).write(to: URL(filePath: "\(folder)/\(key.id).pem"))
  }

  /// A command in JSON, which the rules may refuse.
  private static func command(using generator: inout SeededGenerator) throws -> String {
    let id = try #require(ids.randomElement(using: &generator))
    let rest =
      switch Int.random(in: 0..<5, using: &generator) {
      case 0..<2: #""start_trial","trial_type":"ultimate_with_dap""#
      case 2: #""end_trial","trial_type":"ultimate_with_dap""#
      case 3: #""change_plan","plan":"premium""#
      default: #""change_plan","plan":"free""#
      }
    return #"{"namespace_id":\#(id),"command":\#(rest)}"#
  }
}

/// Kills a process when GitLab got so many requests from it.
private final class Killer: Sendable {
  private struct Plan {
    let processID: Int32
    var requestCount: Int
    let isDone: Bool
  }

  private let plan = Mutex<Plan?>(nil)

  /// Kills the process at that request, before it is done or after, but before its answer.
  func kill(_ processID: Int32, afterRequests count: Int, isDone: Bool) {
    plan.withLock { $0 = Plan(processID: processID, requestCount: count, isDone: isDone) }
  }

  func next() -> StandInGitLab.Fault? {
    plan.withLock { plan in
      plan?.requestCount -= 1
      guard let due = plan, due.requestCount == 0 else { return nil }
      plan = nil
      _ = Foundation.kill(due.processID, SIGKILL)
      return due.isDone ? .losesAnswer : .closesBefore
    }
  }
}

/// `trial-ledger serve`, which pushes to a GitLab.
private final class PushingProgram {
  private let process = ChildProcess()
  private let errors = Pipe()
  /// Where it listens.
  let port: Int

  init(_ folder: String, gitLabPort: Int) throws {
    let tests = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
    process.executableURL = tests.resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "trial-ledger")
    process.arguments = [
      "serve", "--data", folder + "/ledger", "--listen", "127.0.0.1:0",
      "--sync-to", "http://127.0.0.1:\(gitLabPort)", "--sync-issuer", SyncScene.issuer,
      "--sync-keys", folder + "/keys",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    var told = ""
    while told.firstMatch(of: #/on http://127.0.0.1:(\d+)/#) == nil {
      let data = errors.fileHandleForReading.availableData
      if data.isEmpty { break }
      told += String(decoding: data, as: UTF8.self)
    }
    let match = try #require(told.firstMatch(of: #/on http://127.0.0.1:(\d+)/#), "\(told)")
    port = try #require(Int(match.1))
  }

  var processID: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  func kill() {
    _ = Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// How it ended, which it is about to.
  func waitForEnd() -> ChildProcess.TerminationReason {
    process.waitUntilExit()
    return process.terminationReason
  }
}
#endif
