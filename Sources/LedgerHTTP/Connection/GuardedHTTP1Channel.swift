import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes

/// HTTP/1.1 on one connection, below TLS where the server has a certificate, with our limits around
/// Hummingbird's handling of it.
struct GuardedHTTP1Channel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  private let channel: HTTP1Channel
  private let limits: HTTPLimits
  private let memory: RequestMemory
  private let identity: ServerIdentity?
  private let plainQuestions: PlainQuestions

  init(
    limits: HTTPLimits,
    memory: RequestMemory,
    wires: Wires,
    telemetry: Telemetry,
    identity: ServerIdentity?,
    plainQuestions: PlainQuestions,
    responder: @escaping HTTPChannelHandler.Responder
  ) {
    self.limits = limits
    self.memory = memory
    self.identity = identity
    self.plainQuestions = plainQuestions
    // The decoder bounds the memory of a connection. Its limits lie above ours by the slack, so
    // that what is a little too large still reaches `LimitMiddleware`, which answers exactly.
    let slack = 64 * 1_024
    let line = max(limits.longRequestLineByteCountMax, limits.requestLineByteCountMax)
    channel = HTTP1Channel(
      responder: responder,
      configuration: HTTP1Channel.Configuration(
        additionalChannelHandlers: [
          ConnectionGuard(limits: limits, wires: wires, telemetry: telemetry)
        ],
        idleTimeout: TimeAmount(limits.idleTimeout),
        httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
          maxHeaderFieldSize: max(line, limits.headersByteCountMax) + slack,
          maxHeaderListSize: line + limits.headersByteCountMax + slack,
          maxHeaderFieldCount: 2 * limits.headerCountMax
        )
      )
    )
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    do {
      if let identity { try channel.pipeline.syncOperations.addHandlers(identity.handlers()) }
      try channel.pipeline.syncOperations.addHandler(HeadMeter(limits: limits, memory: memory))
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    let value = self.channel.setup(channel: channel, logger: logger)
    do {
      // Behind the handler that knows whether the connection is idle, ahead of the framework's tasks.
      let pipeline = channel.pipeline.syncOperations
      let states = try pipeline.handler(type: HTTPConnectionStateHandler.self)
      try pipeline.addHandler(
        PlainQuestionHandler(plainQuestions),
        position: .after(states)
      )
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    return value
  }

  func handle(value: Value, logger: Logger) async {
    await channel.handle(value: value, logger: logger)
  }
}
