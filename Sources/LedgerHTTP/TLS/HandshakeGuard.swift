#if TLS
import NIOCore
import NIOSSL
import NIOTLS

/// Ends a connection that does not agree on TLS in time: until then no byte of it is HTTP, so that
/// neither `HeadMeter` nor `ConnectionGuard` sees that anything comes.
///
/// Stands behind TLS, and goes when it has done its work.
final class HandshakeGuard: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let limits: HTTPLimits
  private var deadline: Scheduled<Void>?

  init(limits: HTTPLimits) {
    self.limits = limits
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: TimeAmount(limits.readTimeout)) {
      channel.close(promise: nil)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = nil
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    context.fireUserInboundEventTriggered(event)
    if case .handshakeCompleted? = event as? TLSUserEvent {
      context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
  }
}

@available(*, unavailable)
extension HandshakeGuard: Sendable {}
#endif
