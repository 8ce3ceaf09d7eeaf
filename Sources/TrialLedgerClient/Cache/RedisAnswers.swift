#if Client && Redis
import Dispatch
public import LedgerCore
import LedgerHiredis
import Synchronization

/// Answers that the processes of a service keep for each other in a Redis.
///
/// A Redis that is away, slow or full of other things costs no more than its answers: the ledger is
/// asked then, and Redis again after a second.
public final class RedisAnswers: SharedAnswers {
  /// Which Redis, and how.
  public struct Configuration: Sendable {
    /// The address: `unix:/path` or `HOST:PORT`.
    public var address: String
    /// The user of Redis' access lists; `nil` is its default user.
    public var username: String?
    /// The password; `nil` shows none.
    public var password: String?
    /// The number of the database.
    public var database = 0
    /// What keys begin with; the namespace's id follows.
    public var prefix = "trial-ledger:eligibility:"
    /// How long Redis may take.
    public var timeout: Duration = .milliseconds(250)

    /// A configuration; by default of the first database, without a password.
    public init(address: String) {
      self.address = address
    }
  }

  /// The most keys of one round trip.
  private static let keyCountMax = 1_000
  /// How long Redis is left alone after a failure.
  private static let pause = Duration.seconds(1)

  private struct State: ~Copyable {
    var connection: RedisConnection?
    var nextTry = ContinuousClock.now
  }

  private let redis: RedisConfiguration
  private let prefix: String
  private let now: @Sendable () -> Instant
  private let queue = DispatchQueue(label: "redis answers")
  private let state = Mutex(State())

  /// Answers in a Redis, which is connected to when it is needed; `nil` for an address that is none.
  ///
  /// - Parameters:
  ///   - configuration: Which Redis, and how.
  ///   - now: The present; the machine's clock by default.
  public init?(
    _ configuration: Configuration,
    now: @escaping @Sendable () -> Instant = { WallClock.now }
  ) {
    guard let address = RedisAddress(configuration.address) else { return nil }
    redis = RedisConfiguration(
      address: address,
      username: configuration.username,
      password: configuration.password,
      database: configuration.database,
      connectTimeout: configuration.timeout,
      replyTimeout: configuration.timeout
    )
    prefix = configuration.prefix
    self.now = now
  }

  /// The answers that Redis holds about some namespaces; none where it does not answer in time.
  public func answers(about ids: [NamespaceID]) async -> [NamespaceID: SharedAnswer] {
    var answers: [NamespaceID: SharedAnswer] = [:]
    var rest = ids[...]
    while !rest.isEmpty {
      let some = Array(rest.prefix(Self.keyCountMax))
      rest = rest.dropFirst(Self.keyCountMax)
      var pipeline = RedisPipeline()
      for id in some { pipeline.append(["GET", prefix + String(id.rawValue)]) }
      guard let replies = await run(pipeline) else { return answers }
      for (id, reply) in zip(some, replies) {
        // Somebody else's value is as good as none.
        guard let bytes = try? reply.bytes(upTo: SharedAnswer.byteCountMax) else { continue }
        answers[id] = SharedAnswer(bytes)
      }
    }
    return answers
  }

  /// Keeps answers, those that are not over, as far as Redis takes them in time.
  public func keep(
    _ answers: [NamespaceID: SharedAnswer],
    until ends: [NamespaceID: Instant]
  ) async {
    let now = now()
    var pipeline = RedisPipeline()
    for (id, answer) in answers {
      guard let end = ends[id], end > now, let text = answer.text else { continue }
      let life = String(end.milliseconds - now.milliseconds)
      pipeline.append(["SET", prefix + String(id.rawValue), text, "PX", life])
      guard pipeline.count == Self.keyCountMax else { continue }
      guard await run(pipeline) != nil else { return }
      pipeline = RedisPipeline()
    }
    if pipeline.count > 0 { _ = await run(pipeline) }
  }

  /// Runs commands on the queue's thread; `nil` when Redis does not answer.
  private func run(_ pipeline: RedisPipeline) async -> [RedisReply]? {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: self.runBlocking(pipeline)) }
    }
  }

  private func runBlocking(_ pipeline: RedisPipeline) -> [RedisReply]? {
    state.withLock { state in
      guard state.connection != nil || ContinuousClock.now >= state.nextTry else { return nil }
      do throws(RedisError) {
        var connection =
          if let known = state.connection.take() { known } else {
            try RedisConnection.open(redis)
          }
        let replies = try connection.run(pipeline)
        state.connection = consume connection
        return replies
      } catch {
        state.nextTry = .now + Self.pause
        return nil
      }
    }
  }
}

extension SharedAnswer {
  /// The most bytes that ``text`` has.
  static let byteCountMax = 4_096

  /// As it stands in Redis: the version of this form, position, milliseconds, date and types; `nil`
  /// when that is too long.
  var text: String? {
    let types = eligibility.types.map(\.code).joined(separator: ",")
    let end = eligibility.validUntil?.description ?? "-"
    let text = "1 \(position) \(askedAt.milliseconds) \(end) \(types)"
    return text.utf8.count <= Self.byteCountMax ? text : nil
  }

  /// What stands in Redis; `nil` when it is something else.
  init?(_ bytes: [UInt8]) {
    let words = String(decoding: bytes, as: UTF8.self)
      .split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 5, words[0] == "1", let position = Int(words[1]), position >= 0,
      let milliseconds = Int64(words[2]), let askedAt = Instant(milliseconds: milliseconds)
    else { return nil }
    var validUntil: CalendarDate?
    if words[3] != "-" {
      guard let date = CalendarDate(String(words[3])) else { return nil }
      validUntil = date
    }
    let names = words[4].split(separator: ",")
    let types = names.compactMap { TrialType(String($0)) }
    guard types.count == names.count else { return nil }
    self.init(
      eligibility: Eligibility(types: types, validUntil: validUntil),
      position: position,
      askedAt: askedAt
    )
  }
}
#endif
