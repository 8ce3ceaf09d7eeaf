/// Why a command to Redis has no answer that is of use.
///
/// The connection is closed after any of them but ``refused(_:)``, as nobody knows what would come
/// next on it.
public enum RedisError: Error, Equatable, Sendable {
  /// Nobody answers at the address.
  case unreachable(address: String, reason: String)
  /// No answer came in time.
  case timedOut(address: String)
  /// The connection broke.
  case disconnected(address: String, reason: String)
  /// Redis answered with an error, such as `NOAUTH Authentication required.`
  case refused(String)
  /// The answer is none that the command has, or longer than any.
  case unexpected(String)
}

extension RedisError: CustomStringConvertible {
  /// One sentence for an operator: what is wrong and what to do.
  public var description: String {
    switch self {
    case .unreachable(let address, let reason):
      "Redis at \(address) cannot be reached (\(reason)); see that it runs and listens there"
    case .timedOut(let address):
      "Redis at \(address) did not answer in time; see what keeps it busy (SLOWLOG GET)"
    case .disconnected(let address, let reason):
      "the connection to Redis at \(address) broke (\(reason)); it is made anew"
    case .refused(let reason):
      "Redis refused a command (\(reason)); see the user, the password and what they may do"
    case .unexpected(let what):
      "Redis gave an answer that fits no command sent (\(what)); see that it is a Redis"
    }
  }
}
