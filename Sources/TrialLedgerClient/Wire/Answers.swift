#if Client
import Foundation
import LedgerCore

/// The answer of `POST /v1/eligibility`, as far as it matters here.
struct EligibilityAnswer {
  let date: CalendarDate
  let position: Int
  let answers: [NamespaceID: Eligibility]

  private struct Wire: Decodable {
    let date: String
    let position: Int
    let namespaces: [String: [String]]
    let validUntil: [String: String?]

    enum CodingKeys: String, CodingKey {
      case date, position, namespaces
      case validUntil = "valid_until"
    }
  }

  init(_ bytes: [UInt8]) throws(TrialLedgerClientError) {
    let wire: Wire
    do {
      wire = try JSONDecoder().decode(Wire.self, from: Data(bytes))
    } catch {
      throw .unexpected("no list of namespaces")
    }
    guard let date = CalendarDate(wire.date) else { throw .unexpected("no date") }
    self.date = date
    position = wire.position
    var answers: [NamespaceID: Eligibility] = [:]
    for (key, names) in wire.namespaces {
      guard let number = Int64(key), let id = NamespaceID(number) else {
        throw .unexpected("a namespace that is no number")
      }
      let types = names.compactMap { TrialType($0) }
      guard types.count == names.count else { throw .unexpected("a trial type that is none") }
      // Without a word on how long it holds, it is not believed for long.
      guard let end = wire.validUntil[key] else { throw .unexpected("no valid_until") }
      var validUntil: CalendarDate?
      if let end {
        guard let day = CalendarDate(end) else { throw .unexpected("a date that is none") }
        validUntil = day
      }
      answers[id] = Eligibility(types: types, validUntil: validUntil)
    }
    self.answers = answers
  }
}

/// A change that the stream tells of, as far as it matters here.
struct AnnouncedChange {
  let namespaceID: NamespaceID?
  let position: Int?
  let date: CalendarDate

  private struct Wire: Decodable {
    struct Cause: Decodable {
      let event: Int?
      let rules: Int?
    }

    let namespaceID: Int64?
    let cause: Cause
    let date: String

    enum CodingKeys: String, CodingKey {
      case cause, date
      case namespaceID = "namespace_id"
    }
  }

  init(_ data: String) throws {
    let wire = try JSONDecoder().decode(Wire.self, from: Data(data.utf8))
    guard let date = CalendarDate(wire.date) else {
      throw TrialLedgerClientError.unexpected("a change without a date")
    }
    self.date = date
    namespaceID = wire.namespaceID.flatMap { NamespaceID($0) }
    position = wire.cause.event ?? wire.cause.rules
  }
}

/// What a problem document says.
func refusal(_ status: Int, _ bytes: [UInt8]) -> TrialLedgerClientError {
  struct Problem: Decodable {
    let code: String?
    let detail: String?
  }
  // Whatever else it is, the status says enough.
  let problem = try? JSONDecoder().decode(Problem.self, from: Data(bytes))
  return .refused(
    status: status,
    code: problem?.code ?? "unknown",
    message: problem?.detail ?? "no reason was given"
  )
}
#endif
