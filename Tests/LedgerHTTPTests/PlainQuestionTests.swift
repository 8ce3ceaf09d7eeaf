import Foundation
import HTTPTypes
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

@testable import LedgerHTTP

/// Questions that are answered on the thread that read them, beside the same questions that take the
/// framework's way, which a `Connection: keep-alive` sends them.
@Suite("Plain questions and the framework")
struct PlainQuestionTests {
  private let keepAlive = (name: "Connection", value: "keep-alive")

  /// A ledger with a few trials.
  private func record(in ledger: Ledger) async throws {
    let type = try #require(TrialType("ultimate_with_dap"))
    for id in 1...20 as ClosedRange<Int64> where id % 3 != 0 {
      let id = try #require(NamespaceID(id))
      _ = try await ledger.submit([Command(.startTrial(type), namespaceID: id)])
    }
  }

  /// What of an answer must not depend on the way; the date and a made-up id do.
  private func shown(_ answer: RawConnection.Answer) -> String {
    let lines = answer.headLines.filter { line in
      !line.lowercased().hasPrefix("date:") && !line.lowercased().hasPrefix("x-request-id:")
    }
    return (lines + [answer.body]).joined(separator: "\n")
  }

  private func body(_ generator: inout SeededGenerator) -> String {
    let count = Int.random(in: 0...12, using: &generator)
    let ids = (0..<count).map { _ in String(Int.random(in: 1...24, using: &generator)) }
    let list = "[" + ids.joined(separator: ",") + "]"
    switch Int.random(in: 0..<12, using: &generator) {
    case 0: return #"{"namespace_ids":\#(list),"on":"2026-12-24"}"#
    case 1: return #"{"namespace_ids":\#(list),"as_of":3}"#
    case 2: return #"{"namespace_ids":\#(list)"#
    case 3: return #"{"namespace_ids":[0]}"#
    case 4: return #"{"namespace_ids":\#(list),"and":1}"#
    case 5: return " { \"namespace_ids\" : \(list.replacing(",", with: " , ")) }\n"
    case 6: return "[]"
    default: return #"{"namespace_ids":\#(list)}"#
    }
  }

  private func headers(_ generator: inout SeededGenerator) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: break
    case 1: headers.append(("Authorization", "Bearer writer"))
    case 2: headers.append(("Authorization", "Bearer nobody"))
    default: headers.append(("Authorization", "Bearer reader"))
    }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: headers.append(("X-Request-Id", "asked-by-a-test"))
    case 1: headers.append(("X-Request-Id", "not fit for a log"))
    case 2: headers.append(("X", String(repeating: "a", count: 32 * 1_024)))
    case 3: headers += (0..<257).map { ("X-\($0)", "1") }
    default: break
    }
    return headers
  }

  @Test(.tags(.property), arguments: seeds(4))
  func `both ways answer alike, byte for byte, and are noted alike`(seed: UInt64) async throws {
    let lines = Mutex<[String]>([])
    var configuration = HTTPConfiguration()
    configuration.authenticator = TestTokens()
    configuration.accessLog = { bytes in
      lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
    }
    try await TestServer.run(configuration) { server in
      try await record(in: server.ledger)
      var generator = SeededGenerator(seed: seed)
      var tags: [String] = []
      for _ in 0..<60 {
        var headers = headers(&generator)
        if let tag = tags.randomElement(using: &generator), Bool.random(using: &generator) {
          headers.append(("If-None-Match", tag))
        }
        let body = body(&generator)
        let plain = try await server.call("POST", "/v1/eligibility", headers: headers, body)
        let other = try await server.call(
          "POST",
          "/v1/eligibility",
          headers: headers + [keepAlive],
          body
        )
        #expect(shown(plain) == shown(other), "\(headers.prefix(4)) \(body)")
        if let tag = plain.field("etag") { tags.append(tag) }
      }
      let counts = try await server.call(
        "GET",
        "/metrics",
        headers: [("Authorization", "Bearer auditor")]
      ).body
      #expect(counts.contains(#"trial_ledger_http_requests_open 1"#), "\(counts)")
    }
    // Each question was asked twice, and is noted twice with the same words.
    let noted = lines.withLock(\.self).filter { $0.contains("/v1/eligibility") }
    #expect(noted.count == 120)
    for index in stride(from: 0, to: noted.count - 1, by: 2) {
      #expect(lasting(noted[index]) == lasting(noted[index + 1]))
    }
  }

  /// A line of the access log without what differs from request to request.
  private func lasting(_ line: String) -> String {
    line.replacing(#/"request_id":"[^"]*",/#, with: "")
      .replacing(#/"microseconds":\d+/#, with: "")
  }

  @Test func `answers go out in the order of the requests, whichever way they take`() async throws {
    try await TestServer.run { server in
      try await record(in: server.ledger)
      var generator = SeededGenerator(seed: 7)
      let calls = (0..<64).map { number -> HTTPCall in
        let body = #"{"namespace_ids":[\#(number + 1)]}"#
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: return HTTPCall("GET", "/v1/namespaces/\(number + 1)")
        case 1: return HTTPCall("POST", "/v1/eligibility", headers: [keepAlive], body)
        default: return HTTPCall("POST", "/v1/eligibility", body)
        }
      }
      let bodies = try await RawConnection.open(server.port) { connection in
        // All at once, and cut anywhere.
        let bytes = Array(calls.map(\.text).joined().utf8)
        var sent = 0
        while sent < bytes.count {
          let next = min(bytes.count, sent + Int.random(in: 1...700, using: &generator))
          try await connection.send(Array(bytes[sent..<next]))
          sent = next
        }
        var bodies: [String] = []
        while bodies.count < calls.count, let answer = try await connection.answer() {
          bodies.append(answer.body)
        }
        return bodies
      }
      #expect(bodies.count == calls.count)
      for (number, body) in bodies.enumerated() {
        let isState = calls[number].method == "GET"
        let name = isState ? "\"namespace_id\":\(number + 1)," : "\"\(number + 1)\":["
        #expect(body.contains(name), "the answer \(number) is \(body)")
      }
    }
  }

  @Test func `thousands that wait are answered without a deep stack`() async throws {
    try await TestServer.run { server in
      let question = HTTPCall("POST", "/v1/eligibility", #"{"namespace_ids":[1]}"#).text
      let count = 5_000
      let answered = try await RawConnection.open(server.port) { connection in
        // The first goes the framework's way; what came with it waits, and is handed on at once.
        try await connection.send(
          HTTPCall("GET", "/v1/rules").text + String(repeating: question, count: count)
        )
        var answered = 0
        while answered <= count, try await connection.answer()?.status == 200 { answered += 1 }
        return answered
      }
      #expect(answered == count + 1)
    }
  }

  @Test func `a question that ends early is refused as on the framework's way`() async throws {
    try await TestServer.run { server in
      let answers = try await [[], [keepAlive]].asyncMap { headers in
        try await RawConnection.open(server.port) { connection in
          let text = HTTPCall("POST", "/v1/eligibility", headers: headers, "0123456789").text
          try await connection.send(String(text.dropLast(4)))
          connection.finishSending()
          return try await connection.answer().map(shown) ?? "closed"
        }
      }
      #expect(answers[0] == answers[1])
      #expect(answers[0].contains("malformed_http"))
      #expect(try await server.call("GET", "/healthz").status == 200)
    }
  }

  @Test func `without tokens a web page gets no answer`() async throws {
    try await TestServer.run { server in
      for headers in [[("Origin", "https://evil.example")], []] {
        let answer = try await server.call(
          "POST",
          "/v1/eligibility",
          headers: headers,
          #"{"namespace_ids":[1]}"#
        )
        #expect(answer.status == (headers.isEmpty ? 200 : 403))
      }
    }
  }

  @Test func `a date is written as HTTP wants it`() {
    let field = DateField()
    // The example of RFC 9110 section 5.6.7, and a leap day.
    #expect(
      field.text(at: Date(timeIntervalSince1970: 784_111_777.9)) == "Sun, 06 Nov 1994 08:49:37 GMT"
    )
    #expect(
      field.text(at: Date(timeIntervalSince1970: 1_709_164_800))
        == "Thu, 29 Feb 2024 00:00:00 GMT"
    )
  }
}

/// Three callers, one of whom may ask.
private struct TestTokens: Authenticator {
  func caller(presenting headers: HTTPFields) -> Caller? {
    switch headers[.authorization] {
    case "Bearer reader": Caller(name: "reader", roles: [.reader])
    case "Bearer auditor": Caller(name: "auditor", roles: [.auditor])
    case "Bearer writer": Caller(name: "writer", roles: [.writer])
    default: nil
    }
  }
}

extension Array where Element: Sendable {
  fileprivate func asyncMap<Value>(
    _ body: (Element) async throws -> Value
  ) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await body(element)) }
    return values
  }
}
