#if Redis
// The only file that speaks to hiredis, and the only one of this module that may say `unsafe`. What
// it exports is safe to call with any arguments, whatever the server sends.

internal import CHiredis
import Glibc

/// A connection to a Redis server; belongs to one thread, which it blocks.
///
/// hiredis connects and takes replies apart. What is sent, how long is waited, and how much is taken
/// in is decided here: hiredis 0.14 writes to a closed socket with a signal, believes whatever size an
/// array claims, and keeps as many bytes as come.
@safe package struct RedisConnection: ~Copyable {
  private let context: UnsafeMutablePointer<redisContext>
  private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
  private let address: String
  private let replyTimeout: Duration
  /// Whether an error has left replies on the way that fit nothing any more.
  package private(set) var isBroken = false

  /// Connects, shows the password and chooses the database.
  ///
  /// - Throws: ``RedisError``.
  package static func open(
    _ configuration: RedisConfiguration
  ) throws(RedisError) -> RedisConnection {
    var connection = try connected(configuration)
    try connection.greet(configuration)
    return connection
  }

  private static func connected(
    _ configuration: RedisConfiguration
  ) throws(RedisError) -> RedisConnection {
    let address = String(describing: configuration.address)
    let timeout = timeval(max(configuration.connectTimeout, .milliseconds(1)))
    // Sound: the texts live through the calls, which copy them; a null pointer is looked for below.
    let made =
      switch configuration.address {
      case .unix(let path): unsafe redisConnectUnixWithTimeout(path, timeout)
      case .host(let host, let port):
        unsafe redisConnectWithTimeout(host, Int32(clamping: port), timeout)
      }
    guard let made = unsafe made else {
      throw .unreachable(address: address, reason: "out of memory")
    }
    guard unsafe made.pointee.err == 0, let reader = unsafe made.pointee.reader,
      let original = unsafe reader.pointee.fn
    else {
      // Sound: the context is ours and is not used after it is freed.
      let reason = unsafe message(of: made)
      unsafe redisFree(made)
      throw .unreachable(address: address, reason: reason)
    }
    // Sound: both tables live as long as the reader, which is freed first; the original is a constant
    // of hiredis.
    let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    unsafe functions.initialize(to: original.pointee)
    unsafe functions.pointee.createArray = { task, count in
      guard count <= RedisReply.elementCountMax, let task = unsafe task,
        let table = unsafe task.pointee.privdata
      else { return nil }
      let original = unsafe table.assumingMemoryBound(to: redisReplyObjectFunctions.self)
      return unsafe original.pointee.createArray(task, count)
    }
    unsafe reader.pointee.privdata = UnsafeMutableRawPointer(original)
    unsafe reader.pointee.fn = functions
    return unsafe RedisConnection(made, functions, address, configuration.replyTimeout)
  }

  private init(
    _ context: UnsafeMutablePointer<redisContext>,
    _ functions: UnsafeMutablePointer<redisReplyObjectFunctions>,
    _ address: String,
    _ replyTimeout: Duration
  ) {
    unsafe (self.context, self.functions) = (context, functions)
    (self.address, self.replyTimeout) = (address, replyTimeout)
  }

  deinit {
    // Sound: nobody else has either pointer; the reader still uses the table while it is freed.
    unsafe redisFree(context)
    unsafe functions.deallocate()
  }

  private mutating func greet(_ configuration: RedisConfiguration) throws(RedisError) {
    var greeting = RedisPipeline()
    if let password = configuration.password {
      greeting.append(["AUTH"] + (configuration.username.map { [$0] } ?? []) + [password])
    }
    if configuration.database != 0 { greeting.append(["SELECT", String(configuration.database)]) }
    greeting.append(["PING"])
    let replies = try run(greeting, within: configuration.connectTimeout)
    for reply in replies { _ = try reply.accepted() }
  }

  /// Sends commands and waits for their answers, one a command, in order.
  ///
  /// - Parameters:
  ///   - pipeline: The commands; the answers to all of them have to fit into
  ///     ``RedisReply/byteCountMax``.
  ///   - timeout: How long all of it may take; `nil` is what the configuration says.
  /// - Returns: The answers, which may be refusals.
  /// - Throws: ``RedisError``; afterwards the connection is broken and does nothing more.
  package mutating func run(
    _ pipeline: RedisPipeline,
    within timeout: Duration? = nil
  ) throws(RedisError) -> [RedisReply] {
    guard !isBroken else { throw .disconnected(address: address, reason: "an error before") }
    let deadline = ContinuousClock.now + (timeout ?? replyTimeout)
    isBroken = true
    try send(pipeline.bytes, until: deadline)
    var replies: [RedisReply] = []
    replies.reserveCapacity(pipeline.count)
    while replies.count < pipeline.count {
      replies.append(try nextReply(until: deadline))
    }
    isBroken = false
    return replies
  }

  private func send(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) throws(RedisError) {
    var sentCount = 0
    while sentCount < bytes.count {
      try limitWait(until: deadline)
      // Sound: the range lies within the array, which lives through the call.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.send(
          context.pointee.fd,
          buffer.baseAddress.map { unsafe $0 + sentCount },
          buffer.count - sentCount,
          Int32(MSG_NOSIGNAL)
        )
      }
      if count > 0 {
        sentCount += count
      } else if errno == EAGAIN || errno == EWOULDBLOCK {
        throw .timedOut(address: address)
      } else if errno != EINTR {
        throw .disconnected(address: address, reason: systemMessage(errno))
      }
    }
  }

  private func nextReply(until deadline: ContinuousClock.Instant) throws(RedisError) -> RedisReply {
    while true {
      var raw: UnsafeMutableRawPointer?
      // Sound: the call writes one pointer, which is a reply of ours to free, or null.
      guard unsafe redisGetReplyFromReader(context, &raw) == REDIS_OK else {
        throw .unexpected(unsafe message(of: context))
      }
      if let raw = unsafe raw {
        defer { unsafe freeReplyObject(raw) }
        // Sound: the reader made it by the functions that make this type.
        return try unsafe reply(raw.assumingMemoryBound(to: redisReply.self))
      }
      try readMore(until: deadline)
    }
  }

  /// Reads what has come, at most 16 KiB of it.
  private func readMore(until deadline: ContinuousClock.Instant) throws(RedisError) {
    // Sound: the reader is there as long as the context.
    guard unsafe context.pointee.reader.pointee.len <= RedisReply.byteCountMax else {
      throw .unexpected("a reply of more than \(RedisReply.byteCountMax) bytes")
    }
    try limitWait(until: deadline)
    errno = 0
    // Sound: the context is connected; what comes is copied into the reader's own memory.
    guard unsafe redisBufferRead(context) != REDIS_OK else { return }
    let code = errno
    if unsafe context.pointee.err == REDIS_ERR_IO, code == EAGAIN || code == EWOULDBLOCK {
      throw .timedOut(address: address)
    }
    throw .disconnected(address: address, reason: unsafe message(of: context))
  }

  /// Lets no call on the socket wait for longer than the deadline.
  private func limitWait(until deadline: ContinuousClock.Instant) throws(RedisError) {
    let rest = deadline - .now
    guard rest > .zero else { throw .timedOut(address: address) }
    // Sound: the context is connected.
    guard unsafe redisSetTimeout(context, timeval(max(rest, .milliseconds(1)))) == REDIS_OK else {
      throw .disconnected(address: address, reason: unsafe message(of: context))
    }
  }
}

/// Copies a reply, with all that it holds; hiredis nests them at most seven deep.
private func reply(_ raw: UnsafePointer<redisReply>) throws(RedisError) -> RedisReply {
  // Sound: hiredis fills the fields that belong to the type; `len` bytes are at `str`, `elements`
  // pointers at `element`.
  let type = unsafe raw.pointee.type
  switch type {
  case REDIS_REPLY_INTEGER: return unsafe .integer(Int(raw.pointee.integer))
  case REDIS_REPLY_NIL: return .null
  case REDIS_REPLY_STATUS: return unsafe .status(String(decoding: bytes(raw), as: UTF8.self))
  case REDIS_REPLY_ERROR: return unsafe .error(String(decoding: bytes(raw), as: UTF8.self))
  case REDIS_REPLY_STRING: return unsafe .bytes(bytes(raw))
  case REDIS_REPLY_ARRAY:
    var elements: [RedisReply] = []
    for index in 0..<(unsafe Int(raw.pointee.elements)) {
      guard let element = unsafe raw.pointee.element[index] else {
        throw .unexpected("an array with a gap")
      }
      elements.append(try unsafe reply(element))
    }
    return .array(elements)
  default: throw .unexpected("a reply of type \(type)")
  }
}

private func bytes(_ raw: UnsafePointer<redisReply>) -> [UInt8] {
  // Sound: `len` bytes are at `str`, and are copied.
  unsafe Array(UnsafeRawBufferPointer(start: raw.pointee.str, count: Int(raw.pointee.len)))
}

/// What hiredis says went wrong.
private func message(of context: UnsafeMutablePointer<redisContext>) -> String {
  // Sound: the field is 128 bytes, of which those before the first zero are read.
  unsafe withUnsafeBytes(of: context.pointee.errstr) { buffer in
    unsafe String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
  }
}

private func systemMessage(_ code: Int32) -> String {
  // Sound: the text is copied before anybody else asks for one.
  unsafe String(cString: strerror(code))
}

extension timeval {
  fileprivate init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self.init(
      tv_sec: Int(clamping: seconds),
      tv_usec: Int(attoseconds / 1_000_000_000_000)
    )
  }
}
#endif
