import LedgerCore
package import LedgerFormat

/// CustomersDot's `trial_histories` as CSV (RFC 4180), read into facts.
package enum TrialHistories {
  static let columns = [
    "gl_namespace_id", "start_date", "expired_on", "trial_type", "glm_source", "glm_content",
    "created_at",
  ]

  /// The names of CustomersDot's integer trial types, 1 to 7.
  static let typeNames = [
    "ultimate", "gitlab_duo_pro", "gitlab_duo_enterprise", "ultimate_on_premium",
    "ultimate_with_gitlab_duo_enterprise", "ultimate_on_premium_with_gitlab_duo_enterprise",
    "premium",
  ]

  /// All rows of a file, in the order in which they are recorded: by `created_at`, then line.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` that names file and line.
  package static func read(
    _ path: String
  ) throws(LedgerError) -> [(line: Int, content: EventContent)] {
    var lines = try LineReader(path)
    var rows: [(line: Int, content: EventContent)] = []
    var places: [String: Int]?
    while let bytes = try lines.next() {
      let number = lines.number
      if bytes.isEmpty { continue }
      do {
        let cells = try cells(of: bytes)
        if let places {
          rows.append((number, try content(cells, places)))
        } else {
          places = try header(cells)
        }
      } catch {
        throw .badInput("\(path):\(number): \(error.text)")
      }
    }
    guard places != nil else {
      throw .badInput("\(path):1: the line of column names is missing")
    }
    // A stable sort: rows of one instant stay in the order of their lines.
    return rows.enumerated().sorted { left, right in
      let (first, second) = (left.element.content.recordedAt, right.element.content.recordedAt)
      guard let first, let second, first != second else { return left.offset < right.offset }
      return first < second
    }.map(\.element)
  }

  /// What is wrong with a line.
  struct Problem: Error {
    let text: String
  }

  private static func header(_ cells: [String]) throws(Problem) -> [String: Int] {
    var places: [String: Int] = [:]
    for (place, name) in cells.enumerated() {
      guard columns.contains(name) else {
        throw Problem(text: "unknown column '\(name)'; there are \(columns.joined(separator: ","))")
      }
      guard places.updateValue(place, forKey: name) == nil else {
        throw Problem(text: "column \(name) stands twice")
      }
    }
    for name in columns where places[name] == nil {
      throw Problem(text: "column \(name) is missing")
    }
    return places
  }

  private static func content(
    _ cells: [String],
    _ places: [String: Int]
  ) throws(Problem) -> EventContent {
    guard cells.count == places.count else {
      throw Problem(text: "the row has \(cells.count) cells, the column names \(places.count)")
    }
    func cell(_ name: String) -> String { places[name].map { cells[$0] } ?? "" }
    guard let namespace = NamespaceID(cell("gl_namespace_id")) else {
      throw Problem(text: "gl_namespace_id '\(cell("gl_namespace_id"))' is no namespace id")
    }
    let startsOn = try date(cell("start_date"), "start_date")
    let endsOn = try date(cell("expired_on"), "expired_on")
    guard startsOn < endsOn else {
      throw Problem(text: "expired_on \(endsOn) is not after start_date \(startsOn)")
    }
    guard let recordedAt = instant(cell("created_at")) else {
      throw Problem(
        text: "created_at '\(cell("created_at"))' is no moment like 2026-02-10 09:00:00 UTC"
      )
    }
    var metadata = Metadata()
    for name in ["glm_source", "glm_content"] where !cell(name).isEmpty {
      metadata.source[name] = cell(name)
    }
    if let problem = metadata.problem { throw Problem(text: problem) }
    return EventContent(
      position: nil,
      namespaceID: namespace,
      version: nil,
      recordedAt: recordedAt,
      metadata: metadata,
      fact: .trialStarted(try type(cell("trial_type")), startsOn: startsOn, endsOn: endsOn)
    )
  }

  private static func date(_ text: String, _ name: String) throws(Problem) -> CalendarDate {
    guard let date = CalendarDate(text) else {
      throw Problem(text: "\(name) '\(text)' is no date like 2026-02-10")
    }
    return date
  }

  private static func type(_ text: String) throws(Problem) -> TrialType {
    let number = text.isEmpty ? 1 : Int(text) ?? 0
    guard (1...typeNames.count).contains(number), let type = TrialType(typeNames[number - 1]) else {
      throw Problem(text: "trial_type '\(text)' is none of 1 to \(typeNames.count)")
    }
    return type
  }

  /// Splits a line into cells: quoted ones may hold commas and doubled quotes, not line ends.
  static func cells(of line: [UInt8]) throws(Problem) -> [String] {
    var cells: [String] = []
    var index = 0
    while true {
      var cell: [UInt8] = []
      if index < line.count, line[index] == UInt8(ascii: "\"") {
        index += 1
        while true {
          guard index < line.count else { throw Problem(text: "a quote is not closed") }
          if line[index] == UInt8(ascii: "\"") {
            index += 1
            guard index < line.count, line[index] == UInt8(ascii: "\"") else { break }
          }
          cell.append(line[index])
          index += 1
        }
        guard index == line.count || line[index] == UInt8(ascii: ",") else {
          throw Problem(text: "text stands after a closing quote")
        }
      } else {
        while index < line.count, line[index] != UInt8(ascii: ",") {
          guard line[index] != UInt8(ascii: "\"") else {
            throw Problem(text: "a quote stands inside a cell that is not quoted")
          }
          cell.append(line[index])
          index += 1
        }
      }
      guard let text = String(validating: cell, as: UTF8.self) else {
        throw Problem(text: "cell \(cells.count + 1) is not UTF-8")
      }
      cells.append(text)
      guard index < line.count else { return cells }
      index += 1
    }
  }
}
