import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Holds a request back until it is whole, when it may be a plain question, and answers it; all else
/// it hands on as it came.
///
/// No earlier request of the connection still waits for its answer then, because ``ConnectionGuard``
/// hands on one at a time; answers go out in the order of the requests (RFC 9112 section 9.3.2).
final class PlainQuestionHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundOut = HTTPResponsePart

  /// A request that is not whole yet.
  private struct Held {
    let head: HTTPRequest
    let byteCount: Int
    var body: ByteBuffer?
  }

  private let questions: PlainQuestions
  private var held: Held?
  private var hasWritten = false

  init(_ questions: PlainQuestions) {
    self.questions = questions
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if let byteCount = questions.bodyByteCount(of: head) {
        held = Held(head: head, byteCount: byteCount)
        return
      }
    case .body(var bytes):
      guard held != nil else { break }
      if held?.body == nil { held?.body = bytes } else { held?.body?.writeBuffer(&bytes) }
      return
    case .end(let trailers):
      guard let question = held else { break }
      if trailers == nil, let body = question.body, body.readableBytes == question.byteCount,
        let (head, bytes) = questions.answer(to: question.head, body)
      {
        held = nil
        return write(head, bytes, context)
      }
      handOn(context)
    }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if hasWritten {
      hasWritten = false
      context.flush()
    }
    context.fireChannelReadComplete()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    handOn(context)
    context.fireErrorCaught(error)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // The client says that nothing more comes: what is there is all of it.
    if event as? ChannelEvent == .inputClosed { handOn(context) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    held = nil
    context.fireChannelInactive()
  }

  /// Lets the framework have what was held back.
  private func handOn(_ context: ChannelHandlerContext) {
    guard let question = held else { return }
    held = nil
    context.fireChannelRead(wrapInboundOut(.head(question.head)))
    if let body = question.body { context.fireChannelRead(wrapInboundOut(.body(body))) }
  }

  private func write(_ head: HTTPResponse, _ body: ByteBuffer?, _ context: ChannelHandlerContext) {
    hasWritten = true
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if let body { context.write(wrapOutboundOut(.body(body)), promise: nil) }
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
  }
}

@available(*, unavailable)
extension PlainQuestionHandler: Sendable {}
