import Foundation
package import NIOCore
import NIOPosix

/// One TCP connection to a server, byte by byte: what a test sends is what travels.
package struct RawConnection {
  /// An answer, as its bytes said it.
  package struct Answer: Sendable {
    /// The status, such as 200.
    package let status: Int
    /// The status line and the fields, in the order in which they came.
    package let headLines: [String]
    /// The body as `Content-Length` bounds it.
    package let bytes: [UInt8]

    /// The body as text.
    package var body: String { String(decoding: bytes, as: UTF8.self) }

    /// The value of a field, or `nil` when it is absent; names in lower case.
    package func field(_ name: String) -> String? {
      for line in headLines.dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.first.map({ $0.lowercased() == name }) ?? false {
          return parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
      }
      return nil
    }
  }

  private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private var received: [UInt8] = []

  /// Connects to `port` of this machine for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - port: Where the server listens.
  ///   - handlers: What the bytes go through on their way, such as TLS.
  ///   - body: What is done with the connection.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, and what connecting and closing do.
  package static func open<Value: Sendable>(
    _ port: Int,
    through handlers: @escaping @Sendable () throws -> [any ChannelHandler] = { [] },
    _ body: (inout RawConnection) async throws -> Value
  ) async throws -> Value {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(handlers())
          return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
            wrappingChannelSynchronously: channel,
            configuration: .init(isOutboundHalfClosureEnabled: true)
          )
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      var connection = RawConnection(inbound: inbound.makeAsyncIterator(), outbound: outbound)
      return try await body(&connection)
    }
  }

  private init(
    inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
    outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  ) {
    self.inbound = inbound
    self.outbound = outbound
  }

  /// Sends bytes.
  package func send(_ bytes: [UInt8]) async throws {
    try await outbound.write(ByteBuffer(bytes: bytes))
  }

  /// Sends text.
  package func send(_ text: String) async throws {
    try await send(Array(text.utf8))
  }

  /// Says that nothing more will be sent.
  package func finishSending() {
    outbound.finish()
  }

  /// The next answer.
  ///
  /// - Parameter hasBody: `false` for the answer to a HEAD, whatever length it names.
  /// - Returns: `nil` when the server closed the connection instead.
  /// - Throws: What the connection throws, but for a reset, which is an end too.
  package mutating func answer(hasBody: Bool = true) async throws -> Answer? {
    let separator = Array("\r\n\r\n".utf8)
    var end = received.firstRange(of: separator)
    while end == nil {
      guard try await receive() else { return nil }
      end = received.firstRange(of: separator)
    }
    guard let end else { return nil }
    let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
    let lines = head.components(separatedBy: "\r\n")
    received.removeSubrange(..<end.upperBound)
    let status = lines.first.flatMap { $0.split(separator: " ").dropFirst().first }
      .flatMap { Int($0) }
    let bare = Answer(status: status ?? 0, headLines: lines, bytes: [])
    let length =
      hasBody && bare.status != 304 ? bare.field("content-length").flatMap { Int($0) } ?? 0 : 0
    while received.count < length {
      guard try await receive() else { return nil }
    }
    let body = Array(received[..<length])
    received.removeSubrange(..<length)
    return Answer(status: bare.status, headLines: lines, bytes: body)
  }

  /// Waits until the server has closed its side, and says how many bytes came before that.
  package mutating func drain() async throws -> Int {
    while try await receive() {}
    return received.count
  }

  /// The next server-sent events of a stream; comments and what is no event are passed over.
  ///
  /// - Throws: ``HTTPCall/Unanswered`` when the server closed the connection before.
  package mutating func events(
    _ count: Int
  ) async throws -> [(id: String, type: String, data: String)] {
    var events: [(id: String, type: String, data: String)] = []
    while events.count < count {
      guard let end = received.firstRange(of: Array("\n\n".utf8)) else {
        guard try await receive() else { throw HTTPCall.Unanswered(call: "a stream") }
        continue
      }
      let text = String(decoding: received[..<end.lowerBound], as: UTF8.self)
      received.removeSubrange(..<end.upperBound)
      var fields: [String: String] = [:]
      for line in text.split(whereSeparator: \.isNewline) {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2 { fields[String(parts[0])] = String(parts[1].dropFirst()) }
      }
      if let id = fields["id"], let type = fields["event"], let data = fields["data"] {
        events.append((id, type, data))
      }
    }
    return events
  }

  /// All that comes until the server closes its side.
  package mutating func rest() async throws -> String {
    while try await receive() {}
    return String(decoding: received, as: UTF8.self)
  }

  private mutating func receive() async throws -> Bool {
    do {
      guard let buffer = try await inbound.next(isolation: #isolation) else { return false }
      received += Array(buffer.readableBytesView)
      return true
    } catch is IOError {
      // A reset is an end too.
      return false
    }
  }
}
