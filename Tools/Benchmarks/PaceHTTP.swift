import ArgumentParser
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// `pace`: asks a server at a steady rate, and says how long answers took.
///
/// A time counts from when the question was due, not from when it was sent, so that a server that
/// holds up the questions behind a slow one does not look better for it.
struct PaceHTTP: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pace",
    abstract: "Asks POST /v1/eligibility at a steady rate, and tells the time of 99 in 100 answers."
  )

  @Option(help: "The server's port on this machine.") var port: Int
  @Option(help: "The file with questions, one a line.") var questions: String
  @Option(help: "How many questions a second.") var rate: Int
  @Option(help: "For how many seconds.") var seconds: Int = 5
  @Option(help: "Over how many connections.") var connections: Int = 32

  func run() async throws {
    let text = try String(contentsOfFile: questions, encoding: .utf8)
    let requests = text.split(separator: "\n").map { body in
      ByteBuffer(
        string: "POST /v1/eligibility HTTP/1.1\r\nHost: localhost\r\n"
          + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
      )
    }
    guard rate > 0, seconds > 0, connections > 0, !requests.isEmpty else {
      throw ValidationError("rate, seconds, connections and questions must be more than none")
    }
    let times = Times()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let start = NIODeadline.now() + .milliseconds(200)
    var open: [any Channel] = []
    for number in 0..<connections {
      let pace = Pace(
        first: start + .nanoseconds(Int64(number) * 1_000_000_000 / Int64(rate)),
        interval: .nanoseconds(Int64(connections) * 1_000_000_000 / Int64(rate)),
        end: start + .seconds(Int64(seconds))
      )
      let channel = try await ClientBootstrap(group: group)
        .channelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(ByteToMessageHandler(AnswerDecoder()))
            try pipeline.addHandler(
              PacedClient(pace, requests, number * 31, times)
            )
          }
        }
        .connect(host: "127.0.0.1", port: port).get()
      open.append(channel)
    }
    for channel in open { try await channel.closeFuture.get() }
    try await group.shutdownGracefully()
    try times.tell(expecting: rate * seconds)
  }
}

/// When the questions of one connection are due.
private struct Pace {
  let first: NIODeadline
  let interval: TimeAmount
  let end: NIODeadline
}

/// How long answers took, of all connections.
private final class Times: Sendable {
  private struct Known {
    var nanoseconds: [Int] = []
    var failedCount = 0
  }

  private let known = Mutex(Known())

  func note(nanoseconds: Int, status: Int) {
    known.withLock { known in
      known.nanoseconds.append(nanoseconds)
      if status != 200 { known.failedCount += 1 }
    }
  }

  func tell(expecting count: Int) throws {
    let known = known.withLock(\.self)
    let sorted = known.nanoseconds.sorted()
    guard known.failedCount == 0, sorted.count * 10 >= count * 9 else {
      throw ValidationError(
        "\(sorted.count) of \(count) questions were answered, \(known.failedCount) of them not by 200"
      )
    }
    for (name, part) in [("p50", 500), ("p99", 990), ("p999", 999)] {
      let time = sorted[min(sorted.count - 1, sorted.count * part / 1_000)]
      try Measured(count: 1, nanoseconds: time, checksum: "200", name: name).tell()
    }
  }
}

/// Reads answers as far as is needed: the status, and where the next one begins.
private struct AnswerDecoder: ByteToMessageDecoder {
  typealias InboundOut = Int

  mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) -> DecodingState {
    let view = buffer.readableBytesView
    guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return .needMoreData }
    let head = String(decoding: view[..<end.lowerBound], as: UTF8.self)
    let status = head.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) }
    let length = head.lowercased().split(separator: "\r\n").first {
      $0.hasPrefix("content-length:")
    }.flatMap { Int($0.drop { $0 != " " }.dropFirst()) }
    let byteCount = view.distance(from: view.startIndex, to: end.upperBound) + (length ?? 0)
    guard view.count >= byteCount else { return .needMoreData }
    buffer.moveReaderIndex(forwardBy: byteCount)
    context.fireChannelRead(wrapInboundOut(status ?? 0))
    return .continue
  }
}

/// One connection that asks when it is due, or as soon as the answer before is there.
private final class PacedClient: ChannelInboundHandler {
  typealias InboundIn = Int
  typealias OutboundOut = ByteBuffer

  private let pace: Pace
  private let requests: [ByteBuffer]
  private let times: Times
  private var next: Int
  private var due: NIODeadline

  init(_ pace: Pace, _ requests: [ByteBuffer], _ first: Int, _ times: Times) {
    self.pace = pace
    self.requests = requests
    self.times = times
    next = first
    due = pace.first
  }

  func channelActive(context: ChannelHandlerContext) {
    askWhenDue(context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let took = NIODeadline.now() - due
    times.note(nanoseconds: Int(took.nanoseconds), status: unwrapInboundIn(data))
    due = due + pace.interval
    askWhenDue(context)
  }

  private func askWhenDue(_ context: ChannelHandlerContext) {
    guard due < pace.end else { return context.close(promise: nil) }
    if due <= .now() { return ask(context) }
    context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.ask(context) }
  }

  private func ask(_ context: ChannelHandlerContext) {
    next += 1
    context.writeAndFlush(wrapOutboundOut(requests[next % requests.count]), promise: nil)
  }
}

@available(*, unavailable)
extension PacedClient: Sendable {}
