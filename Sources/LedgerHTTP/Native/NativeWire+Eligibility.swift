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
    let tag = entityTag(of: batch)
    let headers: HTTPFields = [.eTag: tag, .cacheControl: "no-cache"]
    if isNamed(tag, in: request.headers[.ifNoneMatch]) {
      return Response(status: .notModified, headers: headers)
    }
    var writer = JSONWriter()
    writer.eligibility(
      on: batch.basis.date,
      position: batch.basis.position,
      by: batch.basis.inForce,
      zip(batch.namespaceIDs, batch.answers).map { ($0, $1) }
    )
    return Response(.ok, writer.bytes, headers: headers)
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
private func entityTag(of batch: EligibilityBatch) -> String {
  var hash = SHA256()
  let basis = batch.basis
  hash.update(data: Array("\(basis.position) \(basis.inForce.sha256) \(basis.date)".utf8))
  var ids: [UInt8] = []
  ids.reserveCapacity(batch.namespaceIDs.count * 12)
  for id in batch.namespaceIDs {
    ids.append(UInt8(ascii: " "))
    ids.appendJSON(Int(id.rawValue))
  }
  hash.update(data: ids)
  let digits = hash.finalize().prefix(16).map { byte in
    String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
  }
  return "\"\(digits.joined())\""
}

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
