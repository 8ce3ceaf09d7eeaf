import Crypto
import HTTPTypes
import Hummingbird
import LedgerCore
import LedgerFormat
import TrialLedger

extension NativeWire {
  /// `POST /v1/eligibility`: the answers about many namespaces, all from one position.
  func eligibility(
    _ request: Request,
    _ context: LedgerRequestContext
  ) async throws -> Response {
    let bytes = try await request.bodyBytes(upTo: limits.bodyByteCountMax)
    if let plain = plainAnswer(to: bytes.span, request.headers) {
      context.note(plain.ids)
      return plain.answer.response
    }
    let (fields, elements, question) = try readQuestion(bytes)
    guard elements.count <= limits.itemCountMax else {
      throw RequestFailure(
        .contentTooLarge,
        "too_many_ids",
        "namespace_ids has \(elements.count) ids; at most \(limits.itemCountMax) are answered"
      )
    }
    let ids = try namespaceIDs(elements, of: fields)
    context.note(ids)
    // The present is answered from memory in microseconds; anything else may read stored events.
    let batch =
      if question.isAboutThePresent {
        try ledger.eligibility(of: ids, question)
      } else {
        try await calls.run { try ledger.eligibility(of: ids, question) }
      }
    return answer(to: request.headers, on: batch.basis, about: batch.namespaceIDs) { writer in
      writer.eligibility(
        on: batch.basis.date,
        position: batch.basis.position,
        by: batch.basis.inForce,
        zip(batch.namespaceIDs, batch.answers).map { ($0, $1) }
      )
    }.response
  }

  /// The answer to what nearly everybody asks: the present, and nothing else said.
  ///
  /// - Returns: The answer, and the namespaces as they were asked about; `nil` where the question
  ///   says more, or may be no question at all.
  /// - Complexity: O(bytes); from memory alone.
  func plainAnswer(
    to bytes: Span<UInt8>,
    _ headers: HTTPFields
  ) -> (answer: EligibilityAnswer, ids: [NamespaceID])? {
    guard let ids = plainNamespaceIDs(bytes, countMax: limits.itemCountMax),
      let (basis, columns) = ledger.eligibilityColumns(of: ids)
    else { return nil }
    let answer = answer(to: headers, on: basis, about: columns.namespaceIDs) { writer in
      writer.eligibility(
        on: basis.date,
        position: basis.position,
        by: basis.inForce,
        columns
      )
    }
    return (answer, ids)
  }

  /// What `write` writes, unless the client has it already.
  private func answer(
    to headers: HTTPFields,
    on basis: Basis,
    about ids: [NamespaceID],
    _ write: (inout JSONWriter) -> Void
  ) -> EligibilityAnswer {
    let tag = entityTag(of: basis, ids)
    var answer = EligibilityAnswer(headers: [.eTag: tag, .cacheControl: "no-cache"])
    if !isNamed(tag, in: headers[.ifNoneMatch]) {
      var writer = JSONWriter()
      write(&writer)
      answer.bytes = writer.bytes
    }
    return answer
  }

  private func readQuestion(
    _ bytes: [UInt8]
  ) throws(RequestFailure) -> (fields: FieldReader, ids: [JSONValue], question: Question) {
    do throws(JSONReadingError) {
      let fields = try FieldReader(
        try strictJSON(bytes, byteCountMax: limits.bodyByteCountMax),
        of: "the body"
      )
      try fields.allow(questionNames.union(["namespace_ids"]), in: "a question about eligibility")
      let ids = try fields.required("namespace_ids")
      guard case .array(let elements) = ids else {
        throw fields.problem("namespace_ids", ids, mustBe: "an array of integers")
      }
      return (fields, elements, try Question(fields))
    } catch {
      throw .invalid(error)
    }
  }

  private func namespaceIDs(
    _ elements: [JSONValue],
    of fields: FieldReader
  ) throws(RequestFailure) -> [NamespaceID] {
    var ids: [NamespaceID] = []
    ids.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      guard case .integer(let number) = element, let id = NamespaceID(number) else {
        throw .invalid(
          fields.problem(
            "namespace_ids[\(index)]",
            element,
            mustBe: "an integer from 1 to \(Int64.max)"
          )
        )
      }
      ids.append(id)
    }
    return ids
  }
}

/// An answer about many namespaces, on its way into HTTP.
struct EligibilityAnswer {
  /// The fields that are this answer's own.
  let headers: HTTPFields
  /// The JSON; `nil` when the client has it already.
  var bytes: [UInt8]?

  /// As a route answers.
  var response: Response {
    guard let bytes else { return Response(status: .notModified, headers: headers) }
    return Response(.ok, bytes, headers: headers)
  }
}

/// Reads a strict JSON text; a number that 64 bits do not hold is the matter of its field.
func strictJSON(_ bytes: [UInt8], byteCountMax: Int) throws(JSONReadingError) -> JSONValue {
  do throws(JSONSyntaxError) {
    return try JSONValue(
      parsing: bytes.span,
      numbers: .integersOfAnySize,
      byteCountMax: byteCountMax
    )
  } catch {
    throw .syntax(error)
  }
}

/// The strong entity tag of an answer: a digest of all that it depends on, which is the position,
/// the rules with what they inherit from there, the date and the ids in their order.
private func entityTag(of basis: Basis, _ ids: [NamespaceID]) -> String {
  var bytes = Array("\(basis.position) \(basis.inForce.sha256) \(basis.date)".utf8)
  bytes.append(addingCapacity: ids.count * 8) { output in
    for id in ids {
      var rest = id.rawValue
      for _ in 0..<8 {
        output.append(UInt8(truncatingIfNeeded: rest))
        rest >>= 8
      }
    }
  }
  var tag: [UInt8] = [UInt8(ascii: "\"")]
  for byte in SHA256.hash(data: bytes).prefix(16) {
    tag.append(hexadecimalDigits[Int(byte >> 4)])
    tag.append(hexadecimalDigits[Int(byte & 15)])
  }
  tag.append(UInt8(ascii: "\""))
  return String(decoding: tag, as: UTF8.self)
}

private let hexadecimalDigits = Array("0123456789abcdef".utf8)

/// Whether an `If-None-Match` field names the tag, by the weak comparison of RFC 9110 section
/// 13.1.2.
private func isNamed(_ tag: String, in field: String?) -> Bool {
  guard let field else { return false }
  return field.split(separator: ",").contains { candidate in
    var candidate = candidate.drop { $0 == " " || $0 == "\t" }
    while candidate.last == " " || candidate.last == "\t" { candidate.removeLast() }
    if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
    return candidate == "*" || candidate == tag
  }
}
