/// Takes a stream of server-sent events apart (the HTML standard, section 9.2), whatever its pieces.
struct ServerSentEvents: Sendable {
  /// An event, or a cursor without one.
  struct Message: Equatable, Sendable {
    /// The id sent last, with this event or before.
    var id: String?
    /// What kind it is; `message` when nothing is said.
    var type = "message"
    /// The data; `nil` when there are none, and so no event.
    var data: String?
  }

  /// The stream is none, or an event is too long.
  struct Failure: Error, Equatable {}

  /// The longest line, in bytes.
  static let lineByteCountMax = 1 << 16

  private var line: [UInt8] = []
  private var lastWasReturn = false
  private var message = Message()
  private var hasID = false

  /// Reads more bytes.
  ///
  /// - Returns: The messages that are whole now.
  mutating func read(_ bytes: some Sequence<UInt8>) throws(Failure) -> [Message] {
    var messages: [Message] = []
    for byte in bytes {
      switch byte {
      case 0x0a where lastWasReturn: lastWasReturn = false
      case 0x0a, 0x0d:
        lastWasReturn = byte == 0x0d
        if let message = try endLine() { messages.append(message) }
      default:
        lastWasReturn = false
        guard line.count < Self.lineByteCountMax else { throw Failure() }
        line.append(byte)
      }
    }
    return messages
  }

  private mutating func endLine() throws(Failure) -> Message? {
    defer { line.removeAll(keepingCapacity: true) }
    guard !line.isEmpty else {
      defer {
        message = Message(id: message.id)
        hasID = false
      }
      return message.data != nil || hasID ? message : nil
    }
    let parts = line.split(
      separator: UInt8(ascii: ":"),
      maxSplits: 1,
      omittingEmptySubsequences: false
    )
    var value = parts.count > 1 ? parts[1] : []
    if value.first == 0x20 { value = value.dropFirst() }
    let text = String(decoding: value, as: UTF8.self)
    switch String(decoding: parts[0], as: UTF8.self) {
    case "id" where !value.contains(0) && value.count <= 256:
      message.id = text
      hasID = true
    case "event": message.type = text
    case "data":
      guard (message.data?.utf8.count ?? 0) + text.utf8.count <= Self.lineByteCountMax else {
        throw Failure()
      }
      message.data = message.data.map { $0 + "\n" + text } ?? text
    default: break
    }
    return nil
  }
}
