/// A request and what a reader of a transcript sees of it.
package struct HTTPCall: Sendable {
  package var method: String
  package var target: String
  package var headers: [(name: String, value: String)]
  package var body: String?

  /// A request; `Host` and `Content-Length` are added when it is sent.
  package init(
    _ method: String,
    _ target: String,
    headers: [(name: String, value: String)] = [],
    _ body: String? = nil
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
  }

  /// The request's bytes.
  package var text: String {
    var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
    return text + "\r\n" + (body ?? "")
  }

  /// Sends it on a connection of its own.
  ///
  /// - Throws: ``Unanswered`` when the server closed the connection instead.
  package func send(to port: Int) async throws -> RawConnection.Answer {
    try await RawConnection.open(port) { connection in
      try await connection.send(text)
      guard let answer = try await connection.answer(hasBody: method != "HEAD") else {
        throw Unanswered(call: "\(method) \(target.prefix(100))")
      }
      return answer
    }
  }

  /// The server closed the connection without an answer.
  package struct Unanswered: Error {
    package let call: String
  }
}

/// What was said in a conversation with a server, for a person to review.
package struct Transcript: Sendable {
  package private(set) var text = ""
  private let server: TestServer

  /// An empty transcript of what will be said with a server.
  package init(_ server: TestServer) {
    self.server = server
  }

  /// Adds a heading.
  package mutating func heading(_ title: String) {
    text += "## \(title)\n\n"
  }

  /// Sends a request and adds it with its answer; `Date` and `X-Request-Id` are left out, the only
  /// things that differ from run to run.
  @discardableResult
  package mutating func say(_ call: HTTPCall) async throws -> RawConnection.Answer {
    let answer = try await call.send(to: server.port)
    Contract(server.operations).check(answer, to: call)
    text += "> \(call.method) \(call.target)\n"
    for (name, value) in call.headers { text += "> \(name): \(value)\n" }
    if let body = call.body { text += lines(of: body, after: "> ") }
    let differing = ["date:", "x-request-id:"]
    for line in answer.headLines where !differing.contains(where: line.lowercased().hasPrefix) {
      text += "< \(line)\n"
    }
    text += lines(of: answer.body, after: "< ") + "\n"
    return answer
  }

  private func lines(of body: String, after mark: String) -> String {
    body.replacing("\r\n", with: "␍\n").split(separator: "\n")
      .map { "\(mark)\($0)\n" }.joined()
  }
}
