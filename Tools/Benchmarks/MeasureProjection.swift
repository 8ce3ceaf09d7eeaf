import ArgumentParser
import Foundation
import LedgerCore
import LedgerFloor
import LedgerLog
import LedgerProjection
import LedgerRuleFiles
import TrialLedger

/// `projection`: rebuilding and asking beside the C loops, in one process, round by round.
///
/// All times are processor time: of one thread, or the longest path where several work. On idle cores
/// that is the wall clock, and neighbours on a shared machine change it little.
struct MeasureProjection: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "projection",
    abstract: "Rebuilds from a log and asks about random namespaces; the C loops beside it."
  )

  @Option(help: "Which ledger.") var data: String
  @Option(help: "How often everything is measured.") var rounds: Int = 5
  @Option(help: "How many batches of 1,000 ids are asked about.") var batches: Int = 1_000

  func run() throws {
    let reader = try LogReader.open(in: data)
    let floor = try FloorHistory(of: reader)
    let rules = try newestRules()
    let asked = floor.randomBatches(batches)
    let date = reader.lastRecordedAt?.date ?? .first
    for _ in 0..<rounds {
      try floor.measure(asked)
      try Self.measureOneCore(reader, rules, date, asked)
      try Self.measureTwoCores(reader, rules, date, asked)
    }
  }

  private static func measureOneCore(
    _ reader: LogReader,
    _ rules: CompiledRules,
    _ date: CalendarDate,
    _ asked: [[Int64]]
  ) throws {
    let clock = PathClock()
    var projection = Projection()
    try projection.fold(from: reader, to: reader.size)
    let folded = projection.view()
    try told("rebuild", reader.size, clock.nanoseconds, versions(in: folded, asked))
    let answering = PathClock()
    projection.serve(rules, on: date)
    let view = projection.view()
    try told("answers", view.namespaceCount, answering.nanoseconds, "")
    // The second pass counts, as the C loop's does.
    _ = sum(view, rules, date, asked)
    let asking = PathClock()
    let kept = sum(view, rules, date, asked)
    let nanoseconds = asking.nanoseconds
    // Other rules of the same text, whose answers nobody keeps: all is worked out again.
    let again = sum(view, CompiledRules(rules.inForce), date, asked)
    guard kept == again else { throw ValidationError("kept answers are not those worked out") }
    try told("batch", asked.count * 1_000, nanoseconds, String(kept, radix: 16))
  }

  private static func measureTwoCores(
    _ reader: LogReader,
    _ rules: CompiledRules,
    _ date: CalendarDate,
    _ asked: [[Int64]]
  ) throws {
    let clock = PathClock()
    var projection = Projection()
    projection.threads = clock.threads(2)
    try projection.fold(from: reader, to: reader.size)
    let view = projection.view()
    try told("rebuild-two", reader.size, clock.nanoseconds, versions(in: view, asked))
    let answering = PathClock()
    projection.threads = answering.threads(2)
    projection.serve(rules, on: date)
    try told("answers-two", view.namespaceCount, answering.nanoseconds, "")
  }

  /// The answers of all batches in a number.
  private static func sum(
    _ view: ProjectionView,
    _ rules: CompiledRules,
    _ date: CalendarDate,
    _ asked: [[Int64]]
  ) -> UInt64 {
    var answers = PackedAnswers()
    var sum: UInt64 = 0
    for ids in asked {
      view.answers(for: ids.span, on: date, rules: rules, into: &answers)
      sum = sum &* 31 &+ answers.types[ids.count / 2] &+ UInt64(answers.validUntil[17])
    }
    return sum
  }

  /// How many events the namespaces that are asked about have, in a number.
  private static func versions(in view: ProjectionView, _ asked: [[Int64]]) -> String {
    var sum: UInt64 = 0
    for ids in asked.prefix(100) {
      for id in ids { sum = sum &* 31 &+ UInt64(view.version(of: NamespaceID(id) ?? .ledger)) }
    }
    return String(sum, radix: 16)
  }
}

/// `memory`: what a projection with all answers takes, in a process that has nothing else.
struct MeasureMemory: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory",
    abstract: "Rebuilds from a ledger's log and says how much the process has grown."
  )

  @Option(help: "Which ledger.") var data: String

  func run() throws {
    let reader = try LogReader.open(in: data)
    let rules = try newestRules()
    let before = try residentByteCount()
    let clock = PathClock()
    var projection = Projection()
    try projection.fold(from: reader, to: reader.size)
    projection.serve(rules, on: reader.lastRecordedAt?.date ?? .first)
    let view = projection.view()
    floor_trim()
    let grown = try residentByteCount() - before
    let measured = Measured(
      count: view.namespaceCount,
      nanoseconds: clock.nanoseconds,
      byteCount: grown,
      checksum: "\(view.size)"
    )
    try measured.tell()
  }

  private func residentByteCount() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let words = status.split(separator: " ")
    guard words.count > 1, let pages = Int(words[1]) else {
      throw ValidationError("the system does not say how much memory a process has")
    }
    return pages * 4_096
  }
}

/// The newest rules that come with the program, ready to answer.
private func newestRules() throws -> CompiledRules {
  let bundled = BundledRules.newest
  return CompiledRules(
    RulesInForce(rules: try RuleFile.read(Array(bundled.text.utf8)), sha256: bundled.id.text)
  )
}

/// Prints what one part of a round came to.
func told(_ name: String, _ count: Int, _ nanoseconds: Int, _ checksum: String) throws {
  let measured = Measured(
    count: count,
    nanoseconds: nanoseconds,
    checksum: checksum,
    name: name
  )
  try measured.tell()
}
