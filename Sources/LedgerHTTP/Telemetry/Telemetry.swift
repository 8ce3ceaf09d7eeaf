import Synchronization

/// What the server has counted since it started.
final class Telemetry: Sendable {
  /// A method of a route and a status.
  struct Answered: Hashable, Sendable {
    let method: String
    let route: String
    let status: Int
  }

  /// All counts at one moment.
  struct Counts: Sendable {
    /// Answers by what was asked and how it was answered.
    var answers: [Answered: Int] = [:]
    /// How long answers took, by route.
    var latencies: [String: LatencyHistogram] = [:]
    /// What became of commands, by outcome and code.
    var outcomes: [Outcome: Int] = [:]
    /// Failures by their code.
    var failures: [String: Int] = [:]
    /// Connections open now.
    var connectionCount = 0
    /// Requests that are being answered now.
    var requestCount = 0
  }

  /// What became of a command.
  struct Outcome: Hashable, Sendable {
    let name: String
    let code: String
  }

  /// So many codes are told apart; rule sets make their own, and nobody may fill the memory.
  private static let codeCountMax = 1_000

  private let state = Mutex(Counts())

  /// The counts now.
  var counts: Counts { state.withLock(\.self) }

  /// Counts a request that begins.
  func noteRequest() {
    state.withLock { $0.requestCount += 1 }
  }

  /// Counts an answer.
  func noteAnswer(_ answered: Answered, microseconds: Int) {
    state.withLock { counts in
      counts.requestCount -= 1
      counts.answers[answered, default: 0] += 1
      counts.latencies[answered.route, default: LatencyHistogram()].add(microseconds: microseconds)
    }
  }

  /// Counts what became of commands.
  func noteOutcomes(_ outcomes: [Outcome]) {
    state.withLock { counts in
      for outcome in outcomes
      where counts.outcomes[outcome] != nil || counts.outcomes.count < Self.codeCountMax {
        counts.outcomes[outcome, default: 0] += 1
      }
    }
  }

  /// Counts a failure.
  func noteFailure(code: String) {
    state.withLock { $0.failures[code, default: 0] += 1 }
  }

  /// Counts a connection that was opened, or closed.
  func noteConnection(isOpened: Bool) {
    state.withLock { $0.connectionCount += isOpened ? 1 : -1 }
  }
}
