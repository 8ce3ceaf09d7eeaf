#if Client
public import AsyncHTTPClient
import Foundation
public import LedgerCore
import NIOCore
import NIOHTTP1
import Synchronization

/// Asks a ledger over HTTP which trial types namespaces may start, and remembers the answers.
///
/// An answer is remembered for 8 hours at most, never into the day on which it ends by itself, and not
/// past a change of it: while ``run()`` works, the client hears of every change. While it does not, or
/// the connection is lost, an answer is asked for again after 5 seconds, which spares the server
/// the same question many times a second and shows a user nothing much older than the page.
///
/// Safe to use from any number of tasks.
public final class TrialLedgerClient: Sendable {
  /// Which server, and how.
  public struct Configuration: Sendable {
    /// The address, such as `http://127.0.0.1:8080`.
    public var address: String
    /// The access token, of a reader; `nil` shows none.
    public var token: String?
    /// How long one try may take.
    public var timeout: Duration
    /// How often a question is asked before it is given up.
    public var tryCountMax: Int
    /// The most answers that are remembered.
    public var answerCountMax: Int
    /// The most namespaces of one request, at most 10,000.
    public var idCountMax: Int
    /// How long the server may say nothing about changes, its heartbeats included, before the
    /// connection is taken for dead; longer than the server's `heartbeatInterval`, 15 seconds.
    public var silence: Duration

    /// A configuration; by default without a token.
    public init(
      address: String,
      token: String? = nil,
      timeout: Duration = .seconds(5),
      tryCountMax: Int = 3,
      answerCountMax: Int = 100_000,
      idCountMax: Int = 1_000,
      silence: Duration = .seconds(20)
    ) {
      self.address = address
      self.token = token
      self.timeout = timeout
      self.tryCountMax = tryCountMax
      self.answerCountMax = answerCountMax
      self.idCountMax = idCountMax
      self.silence = silence
    }
  }

  typealias Answers = Result<[NamespaceID: Eligibility], TrialLedgerClientError>

  private struct Flight {
    var ticket: AnswerCache.Ticket
    var task: Task<Answers, Never>
  }

  private struct State {
    var cache: AnswerCache
    var flights: [NamespaceID: Flight] = [:]
    var cursor: String?
    var heardAt: Instant?
  }

  private let configuration: Configuration
  private let http: HTTPClient
  private let shared: (any SharedAnswers)?
  private let now: @Sendable () -> Instant
  private let state: Mutex<State>

  /// A client.
  ///
  /// - Parameters:
  ///   - configuration: Which server, and how.
  ///   - shared: Where answers are kept for other processes too, such as ``RedisAnswers``; `nil` is in
  ///     memory only.
  ///   - http: What makes the connections; it is not shut down.
  ///   - now: The present; the machine's clock by default.
  public init(
    _ configuration: Configuration,
    shared: (any SharedAnswers)? = nil,
    http: HTTPClient = .shared,
    now: @escaping @Sendable () -> Instant = { WallClock.now }
  ) {
    self.configuration = configuration
    self.http = http
    self.shared = shared
    self.now = now
    var limits = AnswerCache.Limits()
    limits.count = configuration.answerCountMax
    state = Mutex(State(cache: AnswerCache(limits)))
  }

  // MARK: - Questions

  /// The types that each namespace may start today, with how long that holds.
  ///
  /// Those that are not remembered are asked for together; namespaces that another task is asking for
  /// already are not asked for twice.
  ///
  /// - Parameter ids: Any number; repetitions count once.
  /// - Returns: One answer a namespace.
  /// - Throws: ``TrialLedgerClientError``.
  public func eligibility(
    of ids: [NamespaceID]
  ) async throws(TrialLedgerClientError) -> [NamespaceID: Eligibility] {
    let (known, tasks) = begin(ids)
    var answers = known
    for task in tasks {
      answers.merge(try await task.value.get()) { $1 }
    }
    let wanted = Set(ids)
    answers = answers.filter { wanted.contains($0.key) }
    guard answers.count == wanted.count else {
      throw .unexpected("\(wanted.count - answers.count) of the namespaces have no answer")
    }
    return answers
  }

  /// What is known, and the questions that the rest is asked by.
  private func begin(_ ids: [NamespaceID]) -> ([NamespaceID: Eligibility], [Task<Answers, Never>]) {
    let now = now()
    return state.withLock { state in
      var known: [NamespaceID: Eligibility] = [:]
      var tasks: Set<Task<Answers, Never>> = []
      var missing: [NamespaceID] = []
      for id in Set(ids) {
        if let answer = state.cache.answer(about: id, at: now) {
          known[id] = answer
        } else if let flight = state.flights[id], !state.cache.isOutdated(flight.ticket, about: id)
        {
          tasks.insert(flight.task)
        } else {
          missing.append(id)
        }
      }
      while !missing.isEmpty {
        let some = Array(missing.suffix(max(1, min(configuration.idCountMax, 10_000))))
        missing.removeLast(some.count)
        let ticket = state.cache.ask()
        let task = Task { await self.ask(some, ticket, at: now) }
        for id in some { state.flights[id] = Flight(ticket: ticket, task: task) }
        tasks.insert(task)
      }
      return (known, Array(tasks))
    }
  }

  @concurrent private func ask(
    _ ids: [NamespaceID],
    _ ticket: AnswerCache.Ticket,
    at now: Instant
  ) async -> Answers {
    let adopted = await adopt(ids, ticket, at: now)
    let rest = adopted.isEmpty ? ids : ids.filter { adopted[$0] == nil }
    let result: Result<EligibilityAnswer?, TrialLedgerClientError>
    do throws(TrialLedgerClientError) {
      result = .success(rest.isEmpty ? nil : try await retried(rest))
    } catch {
      result = .failure(error)
    }
    return state.withLock { state in
      for id in ids where state.flights[id]?.ticket == ticket { state.flights[id] = nil }
      switch result {
      case .success(let answer):
        guard let answer else {
          state.cache.giveUp(ticket)
          return .success(adopted)
        }
        state.cache.keep(
          ticket,
          answer.answers,
          position: answer.position,
          date: answer.date,
          at: now
        )
        share(answer, state.cache, askedAt: now)
        return .success(answer.answers.merging(adopted) { own, _ in own })
      case .failure(let error):
        state.cache.giveUp(ticket)
        return .failure(error)
      }
    }
  }

  /// What other processes know about namespaces and is as good as what the server would say.
  private func adopt(
    _ ids: [NamespaceID],
    _ ticket: AnswerCache.Ticket,
    at now: Instant
  ) async -> [NamespaceID: Eligibility] {
    guard let shared else { return [:] }
    let others = await shared.answers(about: ids).mapValues {
      (answer: $0.eligibility, position: $0.position, askedAt: $0.askedAt)
    }
    return state.withLock { $0.cache.adopt(ticket, others, at: now) }
  }

  /// Keeps what the server said for other processes; nobody waits for that.
  private func share(_ answer: EligibilityAnswer, _ cache: AnswerCache, askedAt: Instant) {
    guard let shared else { return }
    let answers = answer.answers.mapValues {
      SharedAnswer(eligibility: $0, position: answer.position, askedAt: askedAt)
    }
    let ends = answer.answers.mapValues { cache.end(of: $0, askedAt: askedAt) }
    Task { await shared.keep(answers, until: ends) }
  }

  /// Asking changes nothing, so it is done again when no answer came.
  private func retried(
    _ ids: [NamespaceID]
  ) async throws(TrialLedgerClientError) -> EligibilityAnswer {
    var wait = Duration.milliseconds(50)
    var tryCount = 1
    while true {
      do throws(TrialLedgerClientError) {
        return try await exchange(ids)
      } catch .unavailable(let reason) {
        guard tryCount < configuration.tryCountMax else { throw .unavailable(reason) }
        tryCount += 1
        // Being cancelled only ends the wait.
        try? await Task.sleep(for: wait)
        wait *= 4
      }
    }
  }

  private func exchange(
    _ ids: [NamespaceID]
  ) async throws(TrialLedgerClientError) -> EligibilityAnswer {
    var request = request("/v1/eligibility")
    request.method = .POST
    let list = ids.map { String($0.rawValue) }.joined(separator: ",")
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(ByteBuffer(string: #"{"namespace_ids":[\#(list)]}"#))
    let status: Int
    let bytes: [UInt8]
    do {
      let response = try await http.execute(request, timeout: TimeAmount(configuration.timeout))
      status = Int(response.status.code)
      bytes = Array(buffer: try await response.body.collect(upTo: 16 << 20))
    } catch {
      throw .unavailable(String(describing: error))
    }
    switch status {
    case 200: return try EligibilityAnswer(bytes)
    case 429, 500...: throw .unavailable("status \(status)")
    default: throw refusal(status, bytes)
    }
  }

  private func request(_ path: String) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: configuration.address + path)
    if let token = configuration.token {
      request.headers.add(name: "authorization", value: "Bearer \(token)")
    }
    return request
  }

  // MARK: - Changes

  /// Hears of changes until the task is cancelled; connects again whenever the connection is lost.
  public func run() async {
    var wait = Duration.milliseconds(100)
    while !Task.isCancelled {
      // Why it ended is no matter: it is connected to again.
      let hasHeard = (try? await follow()) ?? false
      let now = now()
      state.withLock { $0.cache.lose(at: $0.heardAt ?? now) }
      wait = hasHeard ? .milliseconds(100) : min(wait * 2, .seconds(2))
      // Being cancelled ends the sleep, and then the loop.
      try? await Task.sleep(for: wait)
    }
  }

  /// Follows one connection to its end.
  ///
  /// - Returns: Whether it was made at all.
  @concurrent private func follow() async throws -> Bool {
    let cursor = state.withLock(\.cursor)
    var request = request("/v1/eligibility/changes")
    request.headers.add(name: "accept", value: "text/event-stream")
    if let cursor { request.headers.add(name: "last-event-id", value: cursor) }
    let response = try await http.execute(request, timeout: .hours(24 * 365))
    guard response.status == .ok else {
      // A cursor that this server does not know: from now on, then.
      state.withLock { $0.cursor = nil }
      return false
    }
    let isContinued = cursor != nil
    let start = now()
    state.withLock { $0.cache.hear(isContinued: isContinued, at: start) }
    defer { state.withLock { state in state.heardAt = state.heardAt ?? start } }
    let heard = LastHeard()
    let silence = configuration.silence
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var events = ServerSentEvents()
        for try await piece in response.body {
          heard.moment.withLock { $0 = .now }
          try self.take(events.read(piece.readableBytesView))
        }
      }
      group.addTask {
        while true {
          let rest = heard.moment.withLock { $0 } + silence - .now
          if rest <= .zero { return }
          try await Task.sleep(for: rest)
        }
      }
      // Whichever ends first: the connection, or the patience.
      defer { group.cancelAll() }
      _ = try await group.next()
    }
    return true
  }

  private func take(_ messages: [ServerSentEvents.Message]) throws {
    let now = now()
    let changes = try messages.map { message in
      (message.id, try message.data.map { try AnnouncedChange($0) })
    }
    state.withLock { state in
      state.heardAt = now
      for (id, change) in changes {
        if let change {
          state.cache.change(of: change.namespaceID, position: change.position, date: change.date)
        }
        if let id { state.cursor = id }
      }
    }
  }
}

/// When the server said something last.
private final class LastHeard: Sendable {
  let moment = Mutex(ContinuousClock.now)
}

extension TimeAmount {
  fileprivate init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
#endif
