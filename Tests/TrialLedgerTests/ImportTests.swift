import Foundation
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Import")
struct ImportTests {
  private let folder: TemporaryFolder
  private let sample = packageFolder.appending(path: "Snapshots/Sample/history.jsonl").path

  init() throws {
    folder = try TemporaryFolder()
  }

  private func write(_ text: String, _ name: String = "input") throws -> String {
    let path = "\(folder.path)/\(name)"
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  private func lines() throws -> [String] {
    try String(contentsOfFile: sample, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  private func testClockLedger() throws -> Ledger {
    try Ledger.create(
      at: folder.path + "/ledger",
      now: Instant("2021-04-01T00:00:00.000Z"),
      isTestClock: true
    )
  }

  @Test func `an export copied into a new folder has the same lines, root and answers`() throws {
    let first = folder.path + "/first"
    let report = try Ledger.importCopy(of: sample, to: first)
    #expect(report.recordedCount == (try lines().count))
    let ledger = try Ledger.open(at: first)
    var exported: [String] = []
    try ledger.forEachEvent { event in
      exported.append(canonicalLine(of: event))
      return true
    }
    #expect(exported == (try lines()))
    let again = folder.path + "/second"
    let file = try write(exported.joined(separator: "\n") + "\n")
    _ = try Ledger.importCopy(of: file, to: again)
    let copy = try Ledger.open(at: again)
    #expect(copy.root == ledger.root)
    #expect(try copy.verify().root == ledger.root)
    let ids = (1_000...2_200).compactMap { NamespaceID($0) }
    let question = Question(on: CalendarDate("2026-11-21"))
    #expect(try copy.eligibility(of: ids, question) == (try ledger.eligibility(of: ids, question)))
  }

  @Test func `a file that was imported is refused a second time`() throws {
    let path = folder.path + "/copy"
    _ = try Ledger.importCopy(of: sample, to: path)
    expectRefusal(exitCode: 1, naming: "was imported before") {
      _ = try Ledger.importCopy(of: sample, to: path)
    }
  }

  @Test func `events go into an existing ledger, renumbered`() throws {
    let ledger = try testClockLedger()
    let plain = try lines().filter { !$0.contains("\"rules_activated\"") }
    let file = try write(plain.joined(separator: "\n"))
    expectRefusal(exitCode: 65, naming: "input:1:") { _ = try ledger.importFile(file) }
    #expect(ledger.size == 1)
    let report = try ledger.importFile(file, ImportOptions(renumbers: true))
    #expect(report.recordedCount == plain.count)
    #expect(ledger.size == plain.count + 1)
    #expect(try ledger.verify().eventCount == ledger.size)
    expectRefusal(exitCode: 1, naming: "imported before") {
      _ = try ledger.importFile(file, ImportOptions(renumbers: true))
    }
    try ledger.close()
  }

  /// A batch ended in the middle of a command, so that a killed import met its own command id.
  @Test func `the events of a command are recorded in one batch`() throws {
    let path = folder.path + "/copy"
    var text = try lines()[0] + "\n"
    let pairCount = 3_000
    for pair in 0..<pairCount {
      let common =
        #""command_id":"c\#(pair)","namespace_id":\#(pair + 1),"#
        + #""recorded_at":"2026-01-01T00:00:00.000Z","trial_type":"ultimate""#
      text +=
        #"{\#(common),"position":\#(2 * pair + 1),"version":1,"type":"trial_started","#
        + #""starts_on":"2026-01-01","ends_on":"2026-01-31"}"# + "\n"
      text +=
        #"{\#(common),"position":\#(2 * pair + 2),"version":2,"type":"trial_ended","#
        + #""on":"2026-01-02","cause":"converted"}"# + "\n"
    }
    _ = try Ledger.importCopy(of: try write(text), to: path)
    let reader = try LogReader.open(in: path)
    let marks = try reader.marks().compactMap { mark in
      mark.count == 49 ? Int(mark[32]) | Int(mark[33]) << 8 : nil
    }
    #expect(marks.count > 1)
    #expect(marks.last == 2 * pairCount + 1)
    // One activation, then whole pairs.
    for count in marks { #expect(count % 2 == 1) }
  }

  @Test func `more trial types than a ledger can number are refused before anything is recorded`()
    throws
  {
    let path = folder.path + "/copy"
    var text = try lines()[0] + "\n"
    for number in 0...60_000 {
      text +=
        #"{"namespace_id":\#(number + 1),"position":\#(number + 1),"version":1,"#
        + #""recorded_at":"2026-01-01T00:00:00.000Z","type":"trial_started","trial_type":"t\#(number)","#
        + #""starts_on":"2026-01-01","ends_on":"2026-01-31"}"# + "\n"
    }
    let file = try write(text)
    expectRefusal(exitCode: 65, naming: "input:60002:", "too many") {
      _ = try Ledger.importCopy(of: file, to: path)
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `an unknown event type is copied only when that is asked for`() throws {
    let path = folder.path + "/copy"
    let text =
      try lines()[0] + "\n"
      + #"{"namespace_id":1,"position":1,"version":1,"recorded_at":"2026-01-01T00:00:00.000Z","#
      + #""type":"future_thing","depth":7}"# + "\n"
    let file = try write(text)
    expectRefusal(exitCode: 65, naming: "input:2:", "future_thing") {
      _ = try Ledger.importCopy(of: file, to: path)
    }
    _ = try Ledger.importCopy(of: file, to: path, ImportOptions(keepsUnknown: true))
    #expect(try Ledger.open(at: path).size == 2)
  }

  @Test(arguments: [
    (
      #"{"namespace_id":1,"type":"trial_extended","recorded_at":"2024-01-01T00:00:00.000Z","trial_type":"ultimate","on":"2024-01-01","previous_ends_on":"2024-01-05","ends_on":"2024-02-04"}"#,
      "no trial of that type"
    ),
    (
      #"{"namespace_id":1,"type":"trial_started","recorded_at":"2020-01-01T00:00:00.000Z","trial_type":"ultimate","starts_on":"2024-01-01","ends_on":"2024-01-05"}"#,
      "is before"
    ),
    (
      #"{"namespace_id":1,"type":"namespace_moved","recorded_at":"2024-01-01T00:00:00.000Z","parent_id":1}"#,
      "lies below it"
    ),
    (
      #"{"namespace_id":1,"type":"plan_bent","recorded_at":"2024-01-01T00:00:00.000Z"}"#,
      "plan_bent"
    ),
    (
      #"{"namespace_id":1,"type":"trial_started","recorded_at":"2024-01-01T00:00:00.000Z","trial_type":"ultimate","starts_on":"2024-01-01","ends_on":"2024-01-01"}"#,
      "ends_on"
    ),
    (
      #"{"namespace_id":7,"type":"plan_changed","recorded_at":"2023-01-01T00:00:00.000Z","command_id":"good","reason":"another","plan":"free","starts_on":"2023-01-01"}"#,
      "differ"
    ),
    (#"{"namespace_id":1,"#, "byte"),
  ])
  func `a bad line is named and nothing is recorded`(line: String, sentence: String) throws {
    let ledger = try testClockLedger()
    let good =
      #"{"namespace_id":7,"type":"plan_changed","recorded_at":"2023-01-01T00:00:00.000Z","command_id":"good","plan":"free","starts_on":"2023-01-01"}"#
    let file = try write(good + "\n\n" + line + "\n")
    expectRefusal(exitCode: 65, naming: "input:3:", sentence) { _ = try ledger.importFile(file) }
    #expect(ledger.size == 1)
    try ledger.close()
  }

  @Test func `trial histories are recorded by created_at`() throws {
    let ledger = try testClockLedger()
    let file = try write(
      #"""
      gl_namespace_id,start_date,expired_on,trial_type,glm_source,glm_content,created_at
      12,2024-03-01,2024-03-31,5,about.gitlab.com,"a, ""b""",2024-03-01 10:00:00 UTC
      11,2023-01-01,2023-01-31,,,,2023-01-01 10:00:00.123456

      13,2024-03-01,2024-04-30,2,,,2024-03-01T12:00:00.000+02:00
      """#
    )
    let report = try ledger.importFile(file, ImportOptions(format: .trialHistories))
    #expect(report.recordedCount == 3)
    var seen: [String] = []
    try ledger.forEachEvent(from: 1) { event in
      seen.append(canonicalLine(of: event))
      return true
    }
    #expect(
      seen == [
        #"{"ends_on":"2023-01-31","namespace_id":11,"position":1,"recorded_at":"2023-01-01T10:00:00.123Z","starts_on":"2023-01-01","trial_type":"ultimate","type":"trial_started","version":1}"#,
        #"{"ends_on":"2024-03-31","namespace_id":12,"position":2,"recorded_at":"2024-03-01T10:00:00.000Z","source":{"glm_content":"a, \"b\"","glm_source":"about.gitlab.com"},"starts_on":"2024-03-01","trial_type":"ultimate_with_gitlab_duo_enterprise","type":"trial_started","version":1}"#,
        #"{"ends_on":"2024-04-30","namespace_id":13,"position":3,"recorded_at":"2024-03-01T10:00:00.000Z","starts_on":"2024-03-01","trial_type":"gitlab_duo_pro","type":"trial_started","version":1}"#,
      ]
    )
    try ledger.close()
  }

  @Test(arguments: [
    ("a,b", "unknown column 'a'"),
    ("gl_namespace_id,gl_namespace_id", "stands twice"),
    ("gl_namespace_id", "is missing"),
    ("", "column names is missing"),
  ])
  func `a CSV without the right columns is refused`(header: String, sentence: String) throws {
    let ledger = try testClockLedger()
    let file = try write(header)
    expectRefusal(exitCode: 65, naming: "input:1:", sentence) {
      _ = try ledger.importFile(file, ImportOptions(format: .trialHistories))
    }
    try ledger.close()
  }

  @Test(arguments: [
    ("0,2024-03-01,2024-03-31,5,,,2024-03-01 10:00:00", "gl_namespace_id"),
    ("1,2024-03-01,2024-02-31,5,,,2024-03-01 10:00:00", "expired_on"),
    ("1,2024-03-01,2024-03-01,5,,,2024-03-01 10:00:00", "not after"),
    ("1,2024-03-01,2024-03-31,8,,,2024-03-01 10:00:00", "trial_type"),
    ("1,2024-03-01,2024-03-31,5,,,2024-03-01", "created_at"),
    ("1,2024-03-01,2024-03-31,5,,2024-03-01 10:00:00", "cells"),
    ("1,2024-03-01,2024-03-31,5,\"x,,2024-03-01 10:00:00", "not closed"),
    ("1,2024-03-01,2024-03-31,5,x\"y,,2024-03-01 10:00:00", "not quoted"),
  ])
  func `a bad row of a CSV is named`(row: String, sentence: String) throws {
    let ledger = try testClockLedger()
    let header =
      "gl_namespace_id,start_date,expired_on,trial_type,glm_source,glm_content,created_at"
    let file = try write(header + "\n" + row)
    expectRefusal(exitCode: 65, naming: "input:2:", sentence) {
      _ = try ledger.importFile(file, ImportOptions(format: .trialHistories))
    }
    #expect(ledger.size == 1)
    try ledger.close()
  }

  private func expectRefusal(
    exitCode: Int32,
    naming parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation,
    by body: () throws -> Void
  ) {
    do {
      try body()
      Issue.record("nothing was refused", sourceLocation: sourceLocation)
    } catch let error as LedgerError {
      #expect(error.exitCode == exitCode, "\(error)", sourceLocation: sourceLocation)
      for part in parts {
        #expect(error.message.contains(part), "\(error)", sourceLocation: sourceLocation)
      }
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
  }
}
