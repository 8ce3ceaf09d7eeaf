package import HTTPTypes

/// A request to GitLab's internal API.
package struct GitLabRequest: Equatable, Sendable {
  /// The method.
  package let method: HTTPRequest.Method
  /// The path below GitLab's address, ASCII, with its leading slash.
  package let path: String
  /// The body, JSON; `nil` is none.
  package let body: [UInt8]?
}

/// GitLab's answer.
package struct GitLabResponse: Equatable, Sendable {
  /// The status.
  package let status: Int
  /// The body, as much of it as is of use.
  package let body: [UInt8]
  /// How long it asks to wait (`Retry-After` in seconds, RFC 9110 section 10.2.3), an hour at most;
  /// `nil` when it does not, or in a way that GitLab has not.
  package let retryAfter: Duration?

  /// The longest wait that is taken from an answer.
  private static let retryAfterMax: Int64 = 3_600

  /// An answer of those parts; `retryAfter` is the header's text.
  package init(status: Int, body: [UInt8], retryAfter: String? = nil) {
    self.status = status
    self.body = body
    self.retryAfter = retryAfter.flatMap { Int64($0) }.flatMap { seconds in
      seconds < 0 ? nil : .seconds(min(seconds, Self.retryAfterMax))
    }
  }
}

/// GitLab gave no answer: it was not reached, too slow, or closed in the middle.
///
/// What was asked for may or may not be done.
package struct GitLabUnreachable: Error, Equatable, Sendable {
  /// One sentence for an operator.
  package let message: String

  /// No answer, for that reason.
  package init(_ message: String) {
    self.message = message
  }
}

/// The way to a GitLab, which adds our token to every request and ends each in bounded time.
package protocol GitLabTransport: Sendable {
  /// Sends a request and reads the answer.
  func send(_ request: GitLabRequest) async throws(GitLabUnreachable) -> GitLabResponse
}
