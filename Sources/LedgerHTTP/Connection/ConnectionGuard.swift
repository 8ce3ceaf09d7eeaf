import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Stands between the decoder and the routes of one connection: answers what is no HTTP, ends
/// requests that take too long or never end, hands on one request at a time, and closes after an
/// answer that says so.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private enum State {
    /// Requests come in and answers go out.
    case open
    /// The last answer is out; what still comes in is dropped.
    case lingering
  }

  private let limits: HTTPLimits
  private let wires: Wires
  private let telemetry: Telemetry
  private var state = State.open
  /// The requests whose answer is still to come, those that wait included.
  private var unansweredCount = 0
  private var waiting = WaitingParts()
  /// Whether more was to be read while something waited.
  private var isReadDue = false
  /// What waited is being handed on; an answer that comes at once leaves the next to whoever does it.
  private var isHandingOn = false
  /// Whether the end of a request is still to come.
  private var isReading = false
  private var knownMeter: HeadMeter?
  private var bodyByteCount = 0
  private var closesAfterAnswer = false
  private var readDeadline: Scheduled<Void>?
  private var writeDeadline: Scheduled<Void>?

  init(limits: HTTPLimits, wires: Wires, telemetry: Telemetry) {
    self.limits = limits
    self.wires = wires
    self.telemetry = telemetry
  }

  func handlerAdded(context: ChannelHandlerContext) {
    telemetry.noteConnection(isOpened: true)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    telemetry.noteConnection(isOpened: false)
    readDeadline?.cancel()
    readDeadline = nil
    writeDeadline?.cancel()
    writeDeadline = nil
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    writeDeadline?.cancel()
    writeDeadline = nil
    if !context.channel.isWritable {
      // A client that takes nothing would keep an answer in memory for ever.
      let channel = context.channel
      writeDeadline = context.eventLoop.scheduleTask(in: TimeAmount(limits.writeTimeout)) {
        channel.close(promise: nil)
      }
    } else if !waiting.isEmpty {
      handOn(context)
    }
    context.fireChannelWritabilityChanged()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard state == .open else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      unansweredCount += 1
      bodyByteCount = 0
      meter(of: context)?.noteHead()
      isReading = true
      // Answers that come at once would fill the memory of a server whose client takes none.
      if unansweredCount > 1 || !context.channel.isWritable {
        return waiting.append(.part(.head(head)))
      }
      inviteBody(of: head, context)
    case .body(let bytes):
      bodyByteCount += bytes.readableBytes
      // A route reads at most its own limit; the rest is only taken in to reach the next request.
      if bodyByteCount > 2 * limits.batchByteCountMax { return context.close(promise: nil) }
    case .end:
      isReading = false
      readDeadline?.cancel()
      readDeadline = nil
      meter(of: context)?.reset()
    }
    if !waiting.isEmpty { return waiting.append(.part(unwrapInboundIn(data))) }
    context.fireChannelRead(data)
  }

  func read(context: ChannelHandlerContext) {
    if waiting.isEmpty { context.read() } else { isReadDue = true }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if !waiting.isEmpty { return waiting.append(.event(event)) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Most requests come in one piece, and need nobody to watch them.
    if state == .open, isReading, readDeadline == nil, waiting.isEmpty {
      scheduleReadDeadline(context)
    }
    context.fireChannelReadComplete()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head):
      if head.headerFields[.connection] == "close" { closesAfterAnswer = true }
      context.write(data, promise: promise)
    case .body:
      context.write(data, promise: promise)
    case .end:
      unansweredCount -= 1
      meter(of: context)?.noteAnswer()
      context.write(data, promise: promise)
      if closesAfterAnswer { return linger(context) }
      if !waiting.isEmpty { handOn(context) }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard state == .open else { return }
    if !waiting.isEmpty, error is HTTPParserError { return waiting.append(.failure(error)) }
    fail(error, context)
  }

  /// Answers what is no HTTP, unless it is part of a request that is being answered.
  private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
    guard let error = error as? HTTPParserError, unansweredCount == 0 else {
      // Whoever reads the body of the request learns of it.
      return context.fireErrorCaught(error)
    }
    let failure = failure(for: error, context)
    telemetry.noteFailure(code: failure.code)
    answer(failure, in: wires.owner(of: meter(of: context)?.path ?? "/"), context)
  }

  /// Hands on what waits, unless a request is being answered or the client takes nothing of the last
  /// answer; reads on when nothing waits any more.
  private func handOn(_ context: ChannelHandlerContext) {
    guard !isHandingOn else { return }
    isHandingOn = true
    defer { isHandingOn = false }
    while state == .open, !waiting.isEmpty, context.channel.isWritable,
      unansweredCount == waiting.requestCount
    {
      for item in waiting.next() {
        switch item {
        case .part(let part):
          if case .head(let head) = part { inviteBody(of: head, context) }
          context.fireChannelRead(wrapInboundOut(part))
        case .failure(let error): fail(error, context)
        case .event(let event):
          // It may close the connection, and the last answer is still to be sent.
          context.flush()
          context.fireUserInboundEventTriggered(event)
        }
      }
      context.fireChannelReadComplete()
    }
    guard state == .open, waiting.isEmpty else { return }
    if isReading, readDeadline == nil { scheduleReadDeadline(context) }
    if isReadDue {
      isReadDue = false
      context.read()
    }
  }

  /// Answers in place of a route and ends the connection.
  private func answer(
    _ failure: RequestFailure,
    in wire: any Wire,
    _ context: ChannelHandlerContext
  ) {
    let bytes = wire.errorBytes(of: failure)
    let head = HTTPResponse(
      status: failure.status,
      headerFields: [
        .contentType: wire.errorMediaType,
        .contentLength: String(bytes.count),
        .connection: "close",
      ]
    )
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(ByteBuffer(bytes: bytes))), promise: nil)
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
    linger(context)
  }

  private func failure(
    for error: HTTPParserError,
    _ context: ChannelHandlerContext
  ) -> RequestFailure {
    guard error == .headerOverflow else {
      return RequestFailure(.badRequest, "malformed_http", "the request is not HTTP/1.1")
    }
    if let meter = meter(of: context),
      meter.requestLineByteCount > limits.longRequestLineByteCountMax
    {
      return RequestFailure(
        .uriTooLong,
        "request_line_too_long",
        "the request line has more than \(limits.longRequestLineByteCountMax) bytes"
      )
    }
    return RequestFailure.headersTooLarge(limits)
  }

  /// Sends what is written, closes this direction and drops what comes in for a while: a connection
  /// closed with unread bytes would be reset, and the answer lost with it.
  private func linger(_ context: ChannelHandlerContext) {
    guard state == .open else { return }
    state = .lingering
    waiting.removeAll()
    readDeadline?.cancel()
    readDeadline = nil
    context.flush()
    context.close(mode: .output, promise: nil)
    let channel = context.channel
    context.eventLoop.scheduleTask(in: TimeAmount(limits.lingerTimeout)) {
      channel.close(promise: nil)
    }
  }

  /// Tells a client that waits for it to send its body (RFC 9110 section 10.1.1), unless the body is
  /// larger than any route takes: then the route's refusal comes instead.
  private func inviteBody(of head: HTTPRequest, _ context: ChannelHandlerContext) {
    guard head.headerFields[.expect]?.lowercased() == "100-continue",
      let length = head.headerFields[.contentLength].flatMap({ Int($0) }),
      length <= limits.batchByteCountMax
    else { return }
    context.writeAndFlush(
      wrapOutboundOut(.head(HTTPResponse(status: .continue))),
      promise: nil
    )
  }

  private func scheduleReadDeadline(_ context: ChannelHandlerContext) {
    let channel = context.channel
    readDeadline = context.eventLoop.scheduleTask(in: TimeAmount(limits.readTimeout)) {
      channel.close(promise: nil)
    }
  }

  private func meter(of context: ChannelHandlerContext) -> HeadMeter? {
    if let knownMeter { return knownMeter }
    // It is missing only when the connection is being torn down, where nobody asks for it.
    knownMeter = try? context.pipeline.syncOperations.handler(type: HeadMeter.self)
    return knownMeter
  }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
