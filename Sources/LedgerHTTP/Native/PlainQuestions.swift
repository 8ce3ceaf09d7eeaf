import Foundation
import HTTPTypes
import Hummingbird
import LedgerCore
import NIOCore

/// Answers what nearly everybody asks, `POST /v1/eligibility` about the present, on the thread that
/// read it.
///
/// The framework's way, with tasks, middleware and a router, costs more than such an answer. What
/// cannot be answered here with 200 or 304 goes that way, refusals and all other requests; so there is
/// one place that says no. Both ways use the same gate, limits, reader and notes.
struct PlainQuestions: Sendable {
  private static let path = "/v1/eligibility"
  /// The largest question that is answered here, in bytes; a larger one would hold up the other
  /// connections of the thread.
  private static let byteCountMax = 32 * 1_024

  private let wire: NativeWire
  private let gate: Gate
  private let observer: RequestObserver
  private let date = DateField()

  /// Answers as `wire` does.
  init(wire: NativeWire, gate: Gate, observer: RequestObserver) {
    self.wire = wire
    self.gate = gate
    self.observer = observer
  }

  /// How many bytes of body are awaited, if the request may be one of those; else `nil`.
  func bodyByteCount(of head: HTTPRequest) -> Int? {
    guard head.method == .post, head.path == Self.path, head.headerFields[.connection] == nil,
      head.headerFields[.expect] == nil,
      let count = head.headerFields[.contentLength].flatMap({ Int($0) }),
      (1...Self.byteCountMax).contains(count)
    else { return nil }
    return count
  }

  /// The answer; `nil` when it takes the framework's way.
  ///
  /// - Complexity: O(bytes); from memory alone.
  func answer(to head: HTTPRequest, _ body: ByteBuffer) -> (HTTPResponse, ByteBuffer?)? {
    let start = ContinuousClock.now
    guard wire.limits.failure(of: head, isLongLineTaken: false) == nil else { return nil }
    let caller: Caller?
    do throws(RequestFailure) {
      caller = try gate.admitted(head, as: .reader, noting: { _ in })
    } catch {
      return nil
    }
    let bytes = body.readableBytesUInt8Span
    guard let (answer, ids) = wire.plainAnswer(to: bytes, head.headerFields) else { return nil }
    observer.telemetry.noteRequest()
    let id = observer.requestID(of: head.headerFields)
    let (response, buffer) = parts(of: answer, id: id)
    observer.note(
      Telemetry.Answered(method: "POST", route: Self.path, status: response.status.code),
      since: start,
      id: id,
      RequestNotes.Known(
        caller: caller?.name,
        namespaceCount: ids.count,
        firstNamespace: ids.first
      )
    )
    return (response, buffer)
  }

  private func parts(of answer: EligibilityAnswer, id: String) -> (HTTPResponse, ByteBuffer?) {
    // The fields and their order are those of the framework's way.
    var headers = answer.headers
    if answer.bytes != nil { headers[.contentType] = "application/json" }
    headers[.contentLength] = String(answer.bytes?.count ?? 0)
    headers[.requestID] = id
    headers[.date] = date.text(at: .now)
    let status: HTTPResponse.Status = answer.bytes == nil ? .notModified : .ok
    return (
      HTTPResponse(status: status, headerFields: headers),
      answer.bytes.map { ByteBuffer(bytes: $0) }
    )
  }
}
