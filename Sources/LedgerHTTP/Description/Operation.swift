package import HTTPTypes
package import Hummingbird

/// One method of one path: what it takes, what it may answer, and what answers.
///
/// Routes are made from it and so is `/openapi.json`, so that there is no route without a
/// description.
package struct Operation: Sendable {
  /// Who may call.
  package enum Access: Sendable {
    /// Everyone who can reach the server.
    case everyone
    /// Bearers of a token with the role.
    case role(Role)
    /// Who proves it in a way of the wire's own, which its handler checks: the name of an OpenAPI
    /// security scheme of the wire's.
    case scheme(String)
  }

  /// The method; `HEAD` goes with `GET`.
  package let method: HTTPRequest.Method
  /// The path with parameters in braces, as OpenAPI writes it.
  package let path: String
  /// The name by which generated clients call it.
  package let id: String
  /// One sentence for a reader.
  package let summary: String
  /// Who may call.
  package let access: Access
  /// What it reads from path, query and header fields.
  package let parameters: [Parameter]
  /// What it reads from the body; `nil`: the body is not read.
  package let body: Body?
  /// What it may answer beside the failures that every operation shares.
  package let answers: [Answer]
  /// What answers.
  package let handler: RouteHandler

  package init(
    _ method: HTTPRequest.Method,
    _ path: String,
    _ id: String,
    _ summary: String,
    access: Access,
    parameters: [Parameter] = [],
    body: Body? = nil,
    answers: [Answer],
    handler: @escaping RouteHandler
  ) {
    self.method = method
    self.path = path
    self.id = id
    self.summary = summary
    self.access = access
    self.parameters = parameters
    self.body = body
    self.answers = answers
    self.handler = handler
  }

  /// The path as the router takes it: a last parameter that ends in `…` takes all that follows.
  package var routerPath: RouterPath {
    guard path.hasSuffix("...}"), let brace = path.lastIndex(of: "{") else {
      return RouterPath(path)
    }
    return RouterPath(path[..<brace] + "**")
  }

  /// The path as OpenAPI writes it.
  package var documentedPath: String { path.replacing("...}", with: "}") }
}

extension Operation {
  /// A parameter of the path, the query or the header.
  package struct Parameter: Sendable {
    /// Where it stands: `path`, `query` or `header`.
    package let place: String
    /// Its name.
    package let name: String
    /// One sentence for a reader.
    package let summary: String
    /// Its JSON schema, as JSON text.
    package let schema: String
    /// Whether a request without it is refused.
    package let isRequired: Bool

    package init(
      _ place: String,
      _ name: String,
      _ summary: String,
      schema: String,
      isRequired: Bool = false
    ) {
      self.place = place
      self.name = name
      self.summary = summary
      self.schema = schema
      self.isRequired = isRequired || place == "path"
    }
  }

  /// The body of a request.
  package struct Body: Sendable {
    /// Its media type.
    package let mediaType: String
    /// Its JSON schema, as JSON text.
    package let schema: String

    package init(_ mediaType: String = "application/json", schema: String) {
      self.mediaType = mediaType
      self.schema = schema
    }
  }

  /// An answer that the operation may give.
  package struct Answer: Sendable {
    /// What the answer holds.
    package enum Content: Sendable {
      /// Nothing.
      case none
      /// Something of a media type; the JSON schema as JSON text, `nil` for any bytes.
      case body(mediaType: String, schema: String?)
      /// The wire's form of an error, with one of these codes.
      case problem(codes: [String])
    }

    /// The status.
    package let status: HTTPResponse.Status
    /// One sentence for a reader.
    package let summary: String
    /// What it holds.
    package let content: Content

    package init(_ status: HTTPResponse.Status, _ summary: String, _ content: Content) {
      self.status = status
      self.summary = summary
      self.content = content
    }

    /// An answer in JSON of a named schema.
    package static func json(
      _ status: HTTPResponse.Status,
      _ summary: String,
      _ schemaName: String
    ) -> Answer {
      Answer(
        status,
        summary,
        .body(mediaType: "application/json", schema: reference(to: schemaName))
      )
    }

    /// An answer in the wire's form of an error.
    package static func problem(
      _ status: HTTPResponse.Status,
      _ summary: String,
      codes: String...
    ) -> Answer {
      Answer(status, summary, .problem(codes: codes))
    }
  }

  /// The failures of this operation beside its answers: those that every request may meet, and those
  /// that follow from what it reads and who may call.
  package var sharedFailures: [Answer] {
    var failures: [Answer] = [
      .problem(.badRequest, "The request is not HTTP.", codes: "malformed_http"),
      .problem(.uriTooLong, "The request line is too long.", codes: "request_line_too_long"),
      .problem(
        .requestHeaderFieldsTooLarge,
        "The header section is too large.",
        codes: "headers_too_large"
      ),
      .problem(
        .internalServerError,
        "The ledger's stored bytes are damaged, or the server has a mistake.",
        codes: "ledger_damaged",
        "internal_error"
      ),
      .problem(
        .serviceUnavailable,
        "The server has too much to do, or its disk failed; try again after Retry-After.",
        codes: "busy",
        "storage_unavailable"
      ),
    ]
    if body != nil || !parameters.isEmpty {
      failures.append(
        .problem(.badRequest, "The request is malformed.", codes: "invalid_request")
      )
    }
    if body != nil {
      failures.append(
        .problem(.contentTooLarge, "The body is too large.", codes: "body_too_large")
      )
    }
    switch access {
    case .everyone: break
    case .role:
      failures.append(
        .problem(.unauthorized, "There is no valid access token.", codes: "unauthorized")
      )
      failures.append(
        .problem(.forbidden, "The token lacks the role.", codes: "forbidden")
      )
    case .scheme:
      failures.append(
        .problem(.unauthorized, "The credentials are not right.", codes: "unauthorized")
      )
    }
    return failures
  }
}

/// A reference to a named schema, as JSON text.
package func reference(to schemaName: String) -> String {
  ##"{"$ref":"#/components/schemas/\##(schemaName)"}"##
}
