import HTTPTypes
import Hummingbird
import Logging
import Synchronization

/// What a stream sends next.
struct StreamPiece: Sendable {
  /// Server-sent events, ready to be sent; empty when there is nothing now.
  var bytes: [UInt8] = []
  /// Whether there may be more at once.
  var hasMore = false
}

/// Keeps connections open and sends them server-sent events (the HTML standard, section 9.2) as they
/// come.
///
/// A piece is read when the one before it has been taken by the client, so a slow client holds at
/// most one piece in memory and holds up nobody; one that takes nothing for too long is closed by
/// ``ConnectionGuard``.
final class EventStreams: Sendable {
  private let openCount = Atomic<Int>(0)
  private let limits: HTTPLimits
  private let watch: LedgerWatch

  init(limits: HTTPLimits, watch: LedgerWatch) {
    self.limits = limits
    self.watch = watch
  }

  /// How many are open.
  var count: Int { openCount.load(ordering: .relaxed) }

  /// An answer that goes on until the client leaves, the server stops or the stream has lasted long
  /// enough; the client then comes again with `Last-Event-ID`.
  ///
  /// - Parameters:
  ///   - logger: Told what ended a stream early.
  ///   - next: Gives what has come since it was asked last.
  /// - Returns: The answer, whose body is sent as long as it lasts.
  /// - Throws: ``RequestFailure`` 503 when too many are open.
  func response(
    logger: Logger,
    _ next: @escaping @Sendable () async throws -> StreamPiece
  ) throws(RequestFailure) -> Response {
    guard count < limits.streamCountMax else {
      throw .overloaded("\(limits.streamCountMax) streams are open already; try again later")
    }
    return Response(
      status: .ok,
      headers: [.contentType: eventStreamMediaType, .cacheControl: "no-store"],
      body: ResponseBody { [self] writer in
        openCount.add(1, ordering: .relaxed)
        defer { openCount.subtract(1, ordering: .relaxed) }
        try await send(to: &writer, logger, next)
        try await writer.finish(nil)
      }
    )
  }

  @concurrent private func send(
    to writer: inout any ResponseBodyWriter,
    _ logger: Logger,
    _ next: @Sendable () async throws -> StreamPiece
  ) async throws {
    let end = ContinuousClock.now + limits.streamTimeout
    // How long a client waits before it comes again; and it sees at once that it is connected.
    try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
    while !watch.isStopped, !Task.isCancelled, ContinuousClock.now < end {
      let moment = watch.moment
      let piece: StreamPiece
      do {
        piece = try await next()
      } catch {
        // The answer has begun, so its status says nothing any more; the client comes again.
        logger.warning("a stream ended early: \(error)")
        return
      }
      if !piece.bytes.isEmpty { try await writer.write(ByteBuffer(bytes: piece.bytes)) }
      if piece.hasMore { continue }
      let heartbeat = ContinuousClock.now + limits.heartbeatInterval
      await watch.wait(for: moment, until: min(heartbeat, end))
      // A comment, which clients pass over: it keeps proxies from taking the line for dead, and
      // finds out whether somebody is still there.
      if watch.moment == moment { try await writer.write(ByteBuffer(string: ":\n\n")) }
    }
  }
}

/// The media type of server-sent events.
let eventStreamMediaType = "text/event-stream"

extension [UInt8] {
  /// Appends one server-sent event whose data is a line.
  mutating func appendServerSentEvent(id: String, type: String, data: [UInt8]) {
    append(contentsOf: "id: \(id)\nevent: \(type)\ndata: ".utf8)
    append(contentsOf: data)
    append(contentsOf: "\n\n".utf8)
  }
}

extension HTTPField.Name {
  /// What a client of server-sent events says when it comes again.
  static var lastEventID: Self { known("Last-Event-ID") }
}
