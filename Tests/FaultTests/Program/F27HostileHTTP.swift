import Foundation
import LedgerTestSupport
import Testing

/// Clients that want the server's memory, its connections or its time: each is answered or closed, others
/// are served throughout, and the memory of the process stays within what its limits come to.
@Suite("F27: hostile clients of a running server")
struct F27HostileHTTP {
  /// What the server may hold of large requests, in bytes.
  private static let requestMemory = 32 << 20
  /// What it may take beside that, in bytes.
  ///
  /// Measured, with everything at once: 64 MiB beside the 54 of a server that nobody attacks, of which 32
  /// are what it may hold, 13 the first 64 KiB of two hundred large requests, and the rest connections
  /// and copies on their way. Three times that rest, as allocators differ; the answers that nobody takes
  /// alone would fill more if a client got the next one before it took the last.
  private static let restByteCountMax = 96 << 20

  @Test(.tags(.crash)) func `memory stays bounded, and others are served throughout`() throws {
    var tally = FaultTally("F27")
    defer { tally.report() }
    let client = try LedgerClient()
    let server = try LedgerProcess(
      [
        "serve", "--listen", "127.0.0.1:0", "--data", client.data, "--read-timeout", "2",
        "--idle-timeout", "2", "--write-timeout", "2", "--stream-timeout", "2",
        "--max-request-memory", "\(Self.requestMemory)",
      ]
    )
    defer { _ = server.end() }
    guard let port = server.waitForPort() else {
      return tally.complain("does not serve: \(server.errors)")
    }
    expectServed(port, client, "before", &tally)
    let before = residentPeak(server)
    for round in 0..<(longTests ? 40 : 1) {
      var crowds: [(attack: Attack, clients: [HTTPConnection])] = []
      for attack in Attack.allCases {
        crowds.append((attack, attack.begin(port)))
        expectServed(port, client, "round \(round), with \(attack)", &tally)
      }
      // Nobody is waited for longer than the timeouts, and 20 seconds of patience.
      for (attack, clients) in crowds {
        for hostile in clients where !hostile.waitForEnd() {
          tally.complain("\(attack): one was neither answered nor closed")
        }
      }
    }
    let grown = residentPeak(server) - before
    if grown > Self.requestMemory + Self.restByteCountMax {
      tally.complain("the memory grew by \(grown >> 20) MiB")
    }
    expectServed(port, client, "afterwards", &tally)
    server.send(signal: SIGTERM)
    let code = server.finish()
    if code != 0 { tally.complain("exit \(code): \(server.errors)") }
    tally.add(client.check(), "after all")
  }

  private func expectServed(
    _ port: UInt16,
    _ client: LedgerClient,
    _ name: String,
    _ tally: inout FaultTally
  ) {
    guard let good = HTTPConnection(port: port) else { return tally.complain("\(name): no way in") }
    for _ in 0..<5 {
      let question = good.post("/v1/eligibility", #"{"namespace_ids":[1,2,3]}"#)
      guard question?.status == 200 else {
        return tally.complain("\(name): a question, \(question?.status ?? 0)")
      }
      guard let answer = good.post("/v1/commands", client.nextCommand()) else {
        return tally.complain("\(name): no answer")
      }
      if !client.take(answer.body) { tally.complain("\(name): \(answer.status) \(answer.body)") }
    }
    tally.add(.whole, name)
  }

  /// The most memory that the process ever had, in bytes.
  private func residentPeak(_ server: LedgerProcess) -> Int {
    let status =
      (try? String(contentsOfFile: "/proc/\(server.identifier)/status", encoding: .utf8)) ?? ""
    return (status.firstMatch(of: #/VmHWM:\s+(\d+)/#).flatMap { Int($0.1) } ?? 0) << 10
  }
}

/// What a crowd of hostile clients does.
private enum Attack: CaseIterable {
  case silence, slowHeads, largeHeads, largeBodies, manyChunks, halfClosedStreams, unreadAnswers,
    unreadQuickAnswers

  /// Opens the crowd's connections and sends what they send at first.
  func begin(_ port: UInt16) -> [HTTPConnection] {
    let part = String(repeating: "a", count: 1 << 20)
    return (0..<count).compactMap { number in
      guard let client = HTTPConnection(port: port) else { return nil }
      switch self {
      case .silence: break
      case .slowHeads: client.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-\(number): a")
      case .largeHeads:
        client.say("GET /v1/events HTTP/1.1\r\nX: \(part.prefix(500 << 10))")
      case .largeBodies:
        client.say(
          "POST /v1/commands/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(8 << 20)\r\n\r\n"
        )
        for _ in 0..<7 where !client.say(part) { break }
      case .manyChunks:
        client.say(
          "POST /v1/commands/batch HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        client.say(String(repeating: "1\r\n\n\r\n", count: 50_000))
      case .halfClosedStreams:
        client.say("GET /v1/events/stream?from=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.finishSending()
      case .unreadAnswers:
        // All at once, and nobody takes an answer.
        client.say(
          String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 1_000)
        )
      case .unreadQuickAnswers:
        // The same where answers come on the thread that reads the questions.
        let ids = (1...1_000).map { String($0) }.joined(separator: ",")
        let body = #"{"namespace_ids":[\#(ids)]}"#
        client.say(
          String(
            repeating: "POST /v1/eligibility HTTP/1.1\r\nHost: localhost\r\n"
              + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)",
            count: 100
          )
        )
      }
      return client
    }
  }

  private var count: Int {
    switch self {
    case .silence, .slowHeads: 200
    case .largeHeads: 100
    case .largeBodies: 100
    case .manyChunks: 20
    case .halfClosedStreams: 100
    case .unreadAnswers, .unreadQuickAnswers: 40
    }
  }
}
