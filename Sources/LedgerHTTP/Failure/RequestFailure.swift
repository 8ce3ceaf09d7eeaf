package import HTTPTypes
package import LedgerFormat
package import TrialLedger

/// Why a request is not answered as it wished; the wire that it came by says it in its own form.
package struct RequestFailure: Error, Sendable {
  /// The status of the answer.
  package let status: HTTPResponse.Status
  /// A stable code, `[a-z0-9_]{1,64}`.
  package let code: String
  /// One sentence for a person, naming the place.
  package let message: String
  /// Header fields that belong to the answer, such as `Allow`.
  package var headers: HTTPFields = [:]
  /// Whether the connection must not be used any further, because the request was not read.
  package var closesConnection = false

  package init(
    _ status: HTTPResponse.Status,
    _ code: String,
    _ message: String,
    headers: HTTPFields = [:],
    closesConnection: Bool = false
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.headers = headers
    self.closesConnection = closesConnection
  }
}

extension RequestFailure {
  /// The request is malformed; the sentence names the field.
  package static func invalid(_ message: String) -> RequestFailure {
    RequestFailure(.badRequest, "invalid_request", message)
  }

  /// What was read is no JSON of the form that is wanted.
  package static func invalid(_ error: JSONReadingError) -> RequestFailure {
    .invalid(error.description)
  }

  /// The route exists, but not with this method.
  package static func methodNotAllowed(allowed: [HTTPRequest.Method]) -> RequestFailure {
    let names = allowed.map(\.rawValue).sorted().joined(separator: ", ")
    return RequestFailure(
      .methodNotAllowed,
      "method_not_allowed",
      "this path takes \(names)",
      headers: [.allow: names]
    )
  }

  /// There is no such route.
  package static var noRoute: RequestFailure {
    RequestFailure(.notFound, "not_found", "there is nothing at this path")
  }

  /// The server follows a ledger that another process writes.
  package static var readOnly: RequestFailure {
    RequestFailure(
      .forbidden,
      "read_only",
      "this server only reads; send what shall be recorded to the one that writes"
    )
  }

  /// The server has too much to do; nothing was changed.
  package static func overloaded(_ message: String) -> RequestFailure {
    RequestFailure(.serviceUnavailable, "busy", message, headers: [.retryAfter: "1"])
  }

  /// How an error of the ledger is told to a client.
  ///
  /// What only the operator can use (paths, offsets) is not told; it is logged.
  package init(_ error: LedgerError) {
    switch error {
    case .badInput(let message):
      self = .invalid(message)
    case .refused(let message):
      self = RequestFailure(.unprocessableContent, "refused", message)
    case .busy(let message):
      self = .overloaded(message)
    case .inputOutput:
      self = RequestFailure(
        .serviceUnavailable,
        "storage_unavailable",
        "the ledger's storage failed; what was not acknowledged may or may not be recorded",
        headers: [.retryAfter: "5"]
      )
    case .damaged, .notALedger:
      self = RequestFailure(
        .internalServerError,
        "ledger_damaged",
        "the ledger refuses to answer because its stored bytes are not what was written"
      )
    }
  }

  /// Whether the operator must look at it.
  package var isServerError: Bool { status.kind == .serverError }
}
