import NIOCore

/// Counts the bytes of the request line that is arriving, ahead of the decoder.
///
/// The decoder says "header overflow" alike for a line that is too long and for fields that are too
/// large; by this count they are told apart. Of a request that was sent before the last one was
/// answered (pipelined) it may miss the beginning; then only the status of a refusal is less exact.
final class HeadMeter: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// The bytes before the first line feed of the request, so far.
  private(set) var requestLineByteCount = 0
  private var isInRequestLine = true

  /// Counts anew, for the next request.
  func reset() {
    requestLineByteCount = 0
    isInRequestLine = true
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isInRequestLine {
      let view = unwrapInboundIn(data).readableBytesView
      if let end = view.firstIndex(of: UInt8(ascii: "\n")) {
        requestLineByteCount += view.distance(from: view.startIndex, to: end)
        isInRequestLine = false
      } else {
        requestLineByteCount += view.count
      }
    }
    context.fireChannelRead(data)
  }
}

@available(*, unavailable)
extension HeadMeter: Sendable {}
