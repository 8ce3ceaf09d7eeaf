#if Client
import NIOCore
import NIOPosix
import Synchronization

/// A server of which each request goes as a test says.
final class FaultyServer: Sendable {
  /// What becomes of a request.
  enum Reply: Sendable {
    /// The connection is closed.
    case closes
    /// No answer comes.
    case hangs
    /// This status and body.
    case answers(Int, String)
  }

  private struct State {
    var requestCount = 0
    var waiting: [any Channel] = []
  }

  private let reply: @Sendable (_ number: Int) -> Reply
  private let state = Mutex(State())

  private init(_ reply: @escaping @Sendable (_ number: Int) -> Reply) {
    self.reply = reply
  }

  /// How many requests came.
  var requestCount: Int { state.withLock(\.requestCount) }

  /// Answers all that hang.
  func answerAll(_ body: String) {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for channel in waiting { Self.write(200, body, to: channel) }
  }

  /// Runs a server for as long as `body` runs.
  static func run(
    _ reply: @escaping @Sendable (_ number: Int) -> Reply,
    _ body: (_ server: FaultyServer, _ address: String) async throws -> Void
  ) async throws {
    let server = FaultyServer(reply)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Requests(server))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    do {
      try await body(server, "http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
    } catch {
      try await channel.close()
      throw error
    }
    try await channel.close()
  }

  private func take(_ channel: any Channel) {
    let number = state.withLock { state in
      state.requestCount += 1
      return state.requestCount
    }
    switch reply(number) {
    case .closes: channel.close(promise: nil)
    case .hangs: state.withLock { $0.waiting.append(channel) }
    case .answers(let status, let body): Self.write(status, body, to: channel)
    }
  }

  private static func write(_ status: Int, _ body: String, to channel: any Channel) {
    let text =
      "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nConnection: close\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    channel.writeAndFlush(ByteBuffer(string: text)).whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  /// Finds the end of each request; each comes on a connection of its own.
  private final class Requests: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let server: FaultyServer
    private var text = ""
    private var isTaken = false

    init(_ server: FaultyServer) {
      self.server = server
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
      // The body is one JSON object.
      guard !isTaken, text.hasSuffix("}") else { return }
      isTaken = true
      server.take(context.channel)
    }
  }
}
#endif
