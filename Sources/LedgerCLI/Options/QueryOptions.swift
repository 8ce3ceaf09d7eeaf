import ArgumentParser
import Foundation
import LedgerFormat
import LedgerRuleFiles
import TrialLedger

/// The two axes of time travel, and under which rules: what every question takes.
struct QueryOptions: ParsableArguments {
  @Option(
    name: .customLong("on"),
    help: ArgumentHelp("What was or will be true on that day (default: today).", valueName: "date")
  )
  var on: String?

  @Option(
    name: .customLong("as-of"),
    help: ArgumentHelp(
      "What the ledger knew: its first SIZE events, or those up to an instant or a date's midnight.",
      valueName: "size|instant|date"
    )
  )
  var asOf: String?

  @Option(
    name: .customLong("rules"),
    help: ArgumentHelp(
      "Answer under other rules: an id, or a file (with a slash, .yaml or .yml).",
      valueName: "id|file"
    )
  )
  var rules: String?

  @Option(
    name: .customLong("now"),
    help: ArgumentHelp("What time it is, which says what today is.", valueName: "instant|date")
  )
  var now: String?

  /// The question that the options say.
  func question() throws -> Question {
    Question(
      on: try on.map { try parseDate($0, option: "--on") },
      asOf: try asOf.map(parseAsOf),
      rules: try rules.map(parseRules),
      now: try now.map { try parseInstant($0, option: "--now") }
    )
  }
}

/// Reads a date such as 2026-02-10.
func parseDate(_ text: String, option: String) throws -> CalendarDate {
  guard let date = CalendarDate(text) else {
    throw Failure.badInput(
      "\(option) is '\(shown(text))'; it must be a date like 2026-02-10, "
        + "from \(CalendarDate.first) to \(CalendarDate.last)"
    )
  }
  return date
}

/// Reads an instant such as 2026-02-10T09:00:00.000Z, or a date, which means its midnight.
func parseInstant(_ text: String, option: String) throws -> Instant {
  if let date = CalendarDate(text) { return Instant(midnightOf: date) }
  guard let instant = Instant(text) else {
    throw Failure.badInput(
      "\(option) is '\(shown(text))'; it must be an instant like 2026-02-10T09:00:00.000Z or a date"
    )
  }
  return instant
}

/// Reads a point of the log: a number of events, an instant or a date.
func parseAsOf(_ text: String) throws -> Question.AsOf {
  if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
    guard let size = Int(text) else {
      throw Failure.badInput("as-of \(shown(text)) is past the head of every ledger")
    }
    return .size(size)
  }
  if let date = CalendarDate(text) { return .instant(Instant(midnightOf: date)) }
  guard let instant = Instant(text) else {
    throw Failure.badInput(
      "--as-of is '\(shown(text))'; it must be a number of events, an instant like "
        + "2026-02-10T09:00:00.000Z or a date"
    )
  }
  return .instant(instant)
}

/// Reads which rules: a file when the text has a slash or ends in .yaml or .yml, else an id.
func parseRules(_ text: String, option: String) throws -> Question.Rules {
  if isFileName(text) {
    return .file(name: text, text: try readRuleText(text))
  }
  guard let id = RulesID(text) else {
    throw Failure.badInput(
      "\(option) is '\(shown(text))'; it must be an id ([a-z0-9._-]{1,64}) or a file "
        + "(with a slash, .yaml or .yml)"
    )
  }
  return .id(id)
}

/// Reads which rules `--rules` names.
func parseRules(_ text: String) throws -> Question.Rules {
  try parseRules(text, option: "--rules")
}

/// Whether a text that names rules names a file, rather than an id.
private func isFileName(_ text: String) -> Bool {
  text.contains("/") || text.hasSuffix(".yaml") || text.hasSuffix(".yml")
}

/// The exact text of the rules that are to be put in force: by its id that of a set that is bundled
/// or was activated, else that of the file.
///
/// `data` is the ledger whose sets are known by their id; it is opened only when an id is named.
func readRuleText(_ named: String, knownTo data: DataOptions?) throws -> String {
  guard !isFileName(named), let id = RulesID(named) else { return try readRuleText(named) }
  let history = try data?.open(for: .reading).rules
  if let text = history?.activation(of: id)?.text ?? BundledRules.text(of: id) { return text }
  do {
    return try readRuleText(named)
  } catch let error as SystemError where error.isMissing {
    throw Failure.badInput(
      "no rules \(id) were activated, none of that id are bundled, and there is no such file; "
        + "rules list shows those there are"
    )
  }
}

/// The text of a rule file, exactly.
func readRuleText(_ path: String) throws -> String {
  let bytes = try readFile(path, byteCountMax: RuleSet.textByteCountMax)
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw Failure.badInput("\(path): the text is not UTF-8")
  }
  return text
}

/// The bytes of a file that is given as data.
///
/// - Throws: ``Failure`` with 65 when it is longer than it may be, ``SystemError``.
func readFile(_ path: String, byteCountMax: Int) throws -> [UInt8] {
  let file = try FileDescriptor.reading(path)
  defer { file.close() }
  var bytes: [UInt8] = []
  while try file.read(upTo: 64 * 1_024, into: &bytes) > 0 {
    if bytes.count > byteCountMax {
      throw Failure.badInput("\(path): the file has more than \(byteCountMax) bytes")
    }
  }
  return bytes
}

/// Reads the id of a namespace.
func parseNamespaceID(_ text: String, place: String = "") throws -> NamespaceID {
  guard let id = NamespaceID(text) else {
    throw Failure.badInput(
      "\(place)'\(shown(text))' is no namespace id; ids are 1 to 9223372036854775807"
    )
  }
  return id
}
