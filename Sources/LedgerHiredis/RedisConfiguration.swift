/// Which Redis to speak to, as whom, and how long to wait for it.
public struct RedisConfiguration: Sendable {
  /// Where it listens.
  public var address: RedisAddress
  /// The user of Redis' access lists; `nil` is its default user.
  public var username: String?
  /// The password; `nil` shows none.
  public var password: String?
  /// The number of the database, 0 being the first.
  public var database: Int
  /// How long connecting may take, the greetings included.
  public var connectTimeout: Duration
  /// How long the answers to one pipeline of commands may take.
  public var replyTimeout: Duration

  /// A configuration; by default of the first database, without a password.
  public init(
    address: RedisAddress,
    username: String? = nil,
    password: String? = nil,
    database: Int = 0,
    connectTimeout: Duration = .seconds(2),
    replyTimeout: Duration = .seconds(5)
  ) {
    self.address = address
    self.username = username
    self.password = password
    self.database = database
    self.connectTimeout = connectTimeout
    self.replyTimeout = replyTimeout
  }
}
