import NIOCore

/// Watches the head of a request arrive, ahead of the decoder: counts the bytes of its line, keeps the
/// first of them, and ends a connection whose head takes too long, however its bytes are spread.
///
/// The decoder says "header overflow" alike for a line that is too long and for fields that are too
/// large; by this count they are told apart, and by the path the answer is of the form that its
/// clients read. Of a request that was sent before the last one was answered (pipelined) it may miss
/// the beginning; then only the status of a refusal is less exact.
final class HeadMeter: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// The bytes before the first line feed of the request, so far.
  private(set) var requestLineByteCount = 0
  /// The first bytes of the request line, as many as say whose path it is.
  private var start: [UInt8] = []
  private static let startByteCountMax = 64
  private var isInRequestLine = true
  private var isInHead = true
  private var deadline: Scheduled<Void>?
  private let limits: HTTPLimits
  private let memory: RequestMemory
  /// The bytes of requests that are not answered yet, and how many of them count in ``memory``.
  private var byteCount = 0
  private var heldByteCount = 0
  /// Whether the connection was ended because of them; closing takes a while below TLS.
  private var isEnded = false

  init(limits: HTTPLimits, memory: RequestMemory) {
    self.limits = limits
    self.memory = memory
  }

  /// The path of the request, or its beginning; `nil` when there is none.
  var path: String? {
    let parts = start.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count > 1 else { return nil }
    return String(decoding: parts[1].prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
  }

  /// Notes that the head is there.
  func noteHead() {
    isInHead = false
    deadline?.cancel()
    deadline = nil
  }

  /// Counts anew, for the next request.
  func reset() {
    isInHead = true
    requestLineByteCount = 0
    start = []
    isInRequestLine = true
  }

  /// Notes that a request was answered, so that its bytes are no longer needed.
  func noteAnswer() {
    memory.release(heldByteCount)
    heldByteCount = 0
    byteCount = 0
  }

  /// Counts what came; ends the connection when the server holds too much.
  private func hold(_ count: Int, _ context: ChannelHandlerContext) -> Bool {
    byteCount += count
    let more = max(0, byteCount - RequestMemory.freeByteCount) - heldByteCount
    guard more > 0 else { return true }
    // What still comes is dropped and needs no room.
    if isEnded { return false }
    heldByteCount += more
    if memory.hold(more) { return true }
    isEnded = true
    noteAnswer()
    context.close(promise: nil)
    return false
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    noteAnswer()
    deadline?.cancel()
    deadline = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard hold(unwrapInboundIn(data).readableBytes, context) else { return }
    if isInRequestLine {
      let view = unwrapInboundIn(data).readableBytesView
      start += view.prefix(Self.startByteCountMax - start.count)
      if let end = view.firstIndex(of: UInt8(ascii: "\n")) {
        requestLineByteCount += view.distance(from: view.startIndex, to: end)
        isInRequestLine = false
      } else {
        requestLineByteCount += view.count
      }
    }
    context.fireChannelRead(data)
    // Most heads come in one piece, and need nobody to watch them.
    let hasBegun = requestLineByteCount > 0 || !isInRequestLine
    if isInHead, hasBegun, deadline == nil {
      let channel = context.channel
      deadline = context.eventLoop.scheduleTask(in: TimeAmount(limits.readTimeout)) {
        channel.close(promise: nil)
      }
    }
  }
}

@available(*, unavailable)
extension HeadMeter: Sendable {}
