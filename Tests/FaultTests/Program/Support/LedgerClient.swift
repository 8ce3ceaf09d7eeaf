import Foundation
import LedgerFormat
import LedgerTestSupport
import Testing
import TrialLedger

/// A client of the real program: a ledger in a folder of its own, and what the client was told.
///
/// The contract is that of `Contract`, for the program: after whatever happened, opening is refused
/// with a documented exit code, or every event that an outcome line told is there with the same
/// bytes, and what is there is what the first of the commands make happen, in order.
final class LedgerClient {
  /// The folder of the ledger.
  let data: String
  /// A folder for the test's own files.
  let folder: TemporaryFolder
  /// The events that were told, as canonical lines.
  private(set) var told: [String] = []
  /// How many commands were submitted.
  private(set) var submittedCount = 0

  /// A new ledger.
  init() throws {
    folder = try TemporaryFolder()
    data = folder.path + "/ledger"
    try Ledger.create(at: data).close()
  }

  /// A ledger in a folder that is there already, such as a small disk.
  init(in place: String) throws {
    folder = try TemporaryFolder()
    data = place + "/ledger"
    try Ledger.create(at: data).close()
  }

  /// A command: starts a trial for the namespace of that number.
  static func command(_ number: Int) -> String {
    #"{"command":"start_trial","namespace_id":\#(number),"#
      + #""trial_type":"ultimate_with_dap","command_id":"c-\#(number)"}"#
  }

  /// The next command, which has not been submitted yet.
  func nextCommand() -> String {
    submittedCount += 1
    return Self.command(submittedCount)
  }

  /// Says that the command of that number was submitted, perhaps once more.
  func submit(_ number: Int) {
    submittedCount = max(submittedCount, number)
  }

  /// Goes on from what is in the ledger: what is missing of the submitted commands comes again.
  func goOn() throws {
    let ledger = try Ledger.open(at: data)
    submittedCount = ledger.size - 1
  }

  /// Submits what was not recorded, up to the fifth command.
  ///
  /// - Returns: The exit code.
  func applyMissing() throws -> Int32 {
    try goOn()
    guard submittedCount < 5 else { return 0 }
    return try apply(5 - submittedCount).code
  }

  /// The file of the newest segment.
  var lastSegment: String {
    data + "/segments/" + (segmentFiles().keys.sorted().last ?? "")
  }

  /// Its size, in bytes.
  var lastSegmentByteCount: Int {
    segmentFiles().max { $0.key < $1.key }?.value.count ?? 0
  }

  /// Takes an outcome line; only one that says that something is recorded tells events.
  ///
  /// - Returns: Whether it is recorded, now or earlier.
  @discardableResult
  func take(_ line: String) -> Bool {
    for (prefix, isNew) in [
      (#"{"outcome":"recorded","events":["#, true),
      (#"{"outcome":"already_recorded","events":["#, false),
    ] where line.hasPrefix(prefix) && line.hasSuffix("]}") {
      let event = String(line.dropFirst(prefix.count).dropLast(2))
      if isNew { told.append(event) }
      return true
    }
    return false
  }

  /// Submits commands one by one, each after the outcome of the one before, until one is not
  /// answered.
  ///
  /// - Returns: How many were answered.
  @discardableResult
  func converse(with process: LedgerProcess, _ count: Int) -> Int {
    for number in 0..<count {
      guard process.send(nextCommand()), let line = process.readLine() else { return number }
      take(line)
    }
    return count
  }

  /// Runs `apply` on so many new commands at once.
  func apply(
    _ count: Int,
    under wrapper: [String] = [],
    environment: [String: String] = [:]
  ) throws -> Ran {
    let ran = try runLedger(
      ["apply", "--data", data],
      under: wrapper,
      environment: environment,
      input: (0..<count).map { _ in nextCommand() }
    )
    for line in ran.lines { take(line) }
    return ran
  }

  /// Opens the ledger in this process, and compares it with what the client was told.
  ///
  /// - Parameters:
  ///   - mayRefuse: Whether the fault may have damaged what was durable.
  ///   - mayHaveGaps: Whether commands were refused and later ones were not.
  /// - Returns: What became of it.
  func check(mayRefuse: Bool = false, mayHaveGaps: Bool = false) -> CaseResult {
    var result = CaseResult()
    do throws(LedgerError) {
      let lines = try lines(&result)
      compare(lines, mayHaveGaps, &result)
      let once = segmentFiles()
      var ignored = CaseResult()
      let again = try self.lines(&ignored)
      if again != lines || ignored.outcome == .cut {
        result.complaints.append("the second opening found something else")
      }
      if segmentFiles() != once { result.complaints.append("the second opening changed a file") }
    } catch {
      result.outcome = .refused
      if !mayRefuse { result.complaints.append("refused: \(error.message)") }
    }
    return result
  }

  /// The events of commands, that is without the rules at position 0, as canonical lines.
  private func lines(_ result: inout CaseResult) throws(LedgerError) -> [String] {
    let ledger = try Ledger.open(at: data, for: .writing)
    if ledger.openingNotice != nil { result.outcome = .cut }
    var lines: [String] = []
    try ledger.forEachEvent(from: 1) { event in
      lines.append(canonicalLine(of: event))
      return true
    }
    if try ledger.verify().eventCount != lines.count + 1 {
      result.complaints.append("verify counts other events")
    }
    try ledger.close()
    return lines
  }

  private func compare(_ lines: [String], _ mayHaveGaps: Bool, _ result: inout CaseResult) {
    let there = Set(lines)
    let missing = told.filter { !there.contains($0) }
    if !missing.isEmpty {
      result.isLost = true
      result.isShorter = result.outcome != .cut
      result.complaints.append("\(missing.count) of \(told.count) acknowledged events are gone")
    }
    let numbers = lines.compactMap(Self.commandNumber)
    let expected = mayHaveGaps ? Array(Set(numbers)).sorted() : Array(1..<(lines.count + 1))
    if numbers != expected || numbers.count != lines.count || (numbers.last ?? 0) > submittedCount {
      result.complaints.append("not a prefix of what was submitted: \(numbers.suffix(5))")
    }
  }

  /// Which command made the event happen.
  private static func commandNumber(_ line: String) -> Int? {
    let key = #"{"command_id":"c-"#
    guard line.hasPrefix(key) else { return nil }
    return Int(line.dropFirst(key.count).prefix { $0.isNumber })
  }

  private func segmentFiles() -> [String: Data] {
    let segments = data + "/segments"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: segments)) ?? []
    return Dictionary(
      uniqueKeysWithValues: names.map {
        ($0, FileManager.default.contents(atPath: segments + "/" + $0) ?? Data())
      }
    )
  }
}
