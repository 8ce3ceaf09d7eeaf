/// What Redis answers to a command (RESP2).
///
/// It comes from a server that is not trusted: at most ``byteCountMax`` bytes and ``elementCountMax``
/// elements are read of one.
package enum RedisReply: Equatable, Sendable {
  /// A short sentence, such as `OK`.
  case status(String)
  /// A whole number.
  case integer(Int)
  /// Bytes.
  case bytes([UInt8])
  /// There is no such thing.
  case null
  /// Several, in order; at most seven deep.
  case array([RedisReply])
  /// The command was refused, with the reason.
  case error(String)

  /// The most bytes of replies that are waited for at once.
  package static let byteCountMax = 16 << 20
  /// The most elements of one array.
  package static let elementCountMax = 100_000

  /// What kind it is and, where that is short, what it says.
  var summary: String {
    switch self {
    case .status(let text): "the status \(text.prefix(80))"
    case .integer(let value): "the number \(value)"
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .null: "nothing"
    case .array(let elements): "an array of \(elements.count)"
    case .error(let reason): "the error \(reason.prefix(80))"
    }
  }

  /// The reply unless it is an error.
  ///
  /// - Throws: ``RedisError/refused(_:)``.
  package func accepted() throws(RedisError) -> RedisReply {
    if case .error(let reason) = self { throw .refused(String(reason.prefix(200))) }
    return self
  }

  /// The number that it is.
  ///
  /// - Throws: ``RedisError/refused(_:)`` or ``RedisError/unexpected(_:)``.
  package func integer() throws(RedisError) -> Int {
    guard case .integer(let value) = try accepted() else {
      throw .unexpected("a number was due and \(summary) came")
    }
    return value
  }

  /// The bytes that it is, at most `byteCountMax`; `nil` where there are none.
  ///
  /// - Throws: ``RedisError/refused(_:)`` or ``RedisError/unexpected(_:)``.
  package func bytes(upTo byteCountMax: Int) throws(RedisError) -> [UInt8]? {
    switch try accepted() {
    case .null: return nil
    case .bytes(let bytes) where bytes.count <= byteCountMax: return bytes
    default: throw .unexpected("at most \(byteCountMax) bytes were due and \(summary) came")
    }
  }

  /// The elements that it is.
  ///
  /// - Throws: ``RedisError/refused(_:)`` or ``RedisError/unexpected(_:)``.
  package func elements() throws(RedisError) -> [RedisReply] {
    guard case .array(let elements) = try accepted() else {
      throw .unexpected("an array was due and \(summary) came")
    }
    return elements
  }
}
