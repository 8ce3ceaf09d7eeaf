package import HTTPTypes
import Hummingbird
package import LedgerCore
import LedgerFormat

/// Problem documents: the form of every error of the native API (RFC 9457).
///
/// `type` is `about:blank`, so `title` is the status's phrase; `code` is what programs switch on
/// and never changes its meaning.
package enum ProblemDocument {
  /// The media type (RFC 9457 section 6.1).
  package static let mediaType = "application/problem+json"

  /// The document of a failure.
  package static func bytes(of failure: RequestFailure) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      members(status: failure.status, detail: failure.message, to: &writer)
      writer.member("code", failure.code)
    }
    return writer.bytes
  }

  /// The document of an outcome that is none of the good ones, with the outcome's own members.
  package static func bytes(
    of outcome: Outcome,
    status: HTTPResponse.Status,
    detail: String
  )
    -> [UInt8]
  {
    var inner = JSONWriter()
    inner.value(outcome)
    var writer = JSONWriter()
    writer.object { writer in members(status: status, detail: detail, to: &writer) }
    // Two objects in one: without the brackets between, and with a comma in their place.
    return writer.bytes.dropLast() + [UInt8(ascii: ",")] + inner.bytes.dropFirst()
  }

  private static func members(
    status: HTTPResponse.Status,
    detail: String,
    to writer: inout JSONWriter
  ) {
    writer.member("type", "about:blank")
    writer.member("title", status.reasonPhrase)
    writer.member("status", status.code)
    writer.member("detail", detail)
  }
}
