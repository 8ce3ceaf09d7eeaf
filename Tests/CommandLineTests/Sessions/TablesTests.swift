import Foundation
import GRDB
import LedgerTestSupport
import Testing

@Suite("Tables verb", .serialized)
struct TablesTests {
  private let shell: Shell

  init() throws {
    shell = try Shell()
  }

  private func done(_ line: String, input: String = "") throws -> String {
    let ran = try shell.silently(line, input: input)
    try #require(ran.code == 0, "\(line): \(ran.errors)")
    return ran.output
  }

  private func rows(_ file: String, _ sql: String) throws -> [String] {
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: shell.url(file).path, configuration: configuration)
    return try queue.read { db in
      try Row.fetchAll(db, sql: sql).map { row in
        row.databaseValues.map(\.description).joined(separator: "|")
      }
    }
  }

  /// Everything that the tables say but how they are cut.
  private func content(_ file: String) throws -> [String] {
    try ["customers_db_trials", "plan_periods", "namespace_states", "events", "rules", "ledger"]
      .flatMap { try rows(file, "SELECT * FROM \($0) ORDER BY 1, 2") }
  }

  /// The parts of a page of the handbook that are marked as SQL.
  private func questions(of page: String) throws -> [String] {
    let url = packageFolder.appending(path: "Sources/TrialLedger/TrialLedger.docc/\(page).md")
    return try String(contentsOf: url, encoding: .utf8).components(separatedBy: "```sql\n")
      .dropFirst().compactMap { $0.components(separatedBy: "```").first }
  }

  @Test func `makes tables, adds to them, and says how far they are`() throws {
    _ = try done("init --test-clock --now 2026-09-01")
    _ = try done("start 42 --trial-type ultimate_with_dap --now 2026-09-01")
    #expect(try shell.silently("tables status").code == 1)
    #expect(try done("tables build").hasSuffix("2 events; built, because there were none\n"))
    _ = try done("extend 42 --actor-user 7 --actor-role owner --now 2026-09-03")
    #expect(try done("tables status --json").contains(#""lag":1,"#))
    #expect(try done("tables build").hasSuffix("3 events; 1 event added\n"))
    #expect(try done("tables build --json").contains(#""added":0"#))
    #expect(try done("tables status").contains("nothing"))
    let ends = "SELECT trial_end_date, trial_extended FROM customers_db_trials"
    #expect(try rows("ledger/read-model.sqlite", ends) == ["\"2026-10-31\"|1"])
  }

  @Test func `a file of somebody else and a place without rights are refused in one sentence`()
    throws
  {
    _ = try done("init --test-clock --now 2026-09-01")
    try shell.write("name,value\n", to: "file.csv")
    for verb in ["build", "follow", "status"] {
      let ran = try shell.silently("tables \(verb) --to file.csv")
      #expect(ran.code == 65)
      #expect(ran.errors.contains("file.csv was not made by this program"), "\(ran.errors)")
      #expect(ran.errors.split(separator: "\n").count == 1, "\(ran.errors)")
    }
    let ran = try shell.silently("tables build --to none/tables.sqlite")
    #expect(ran.code == 74)
    #expect(ran.errors.split(separator: "\n").count == 1, "\(ran.errors)")
  }

  @Test func `the questions of the handbook and of the help have answers`() throws {
    _ = try done("generate --events 4000 --namespaces 500 --seed 17")
    _ = try done("tables build")
    let help = try done("tables --help")
    let quoted = help.split(separator: "\"").map(String.init).filter { $0.hasPrefix("SELECT") }
    let questions = try questions(of: "AnalystsTables")
    #expect(questions.count >= 5)
    #expect(quoted.count == 2)
    for question in questions + quoted {
      #expect(try !rows("ledger/read-model.sqlite", question).isEmpty, "\(question)")
    }
  }

  @Test(.timeLimit(.minutes(2))) func `serving keeps tables, and ends with them`() throws {
    _ = try done("init --test-clock --now 2026-09-01")
    _ = try done("start 42 --trial-type ultimate_with_dap --now 2026-09-01")
    let process = shell.process("serve --listen 127.0.0.1:0 --read-model tables.sqlite")
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    while process.isRunning, (try? position("tables.sqlite")) != 2 {}
    #expect(try shell.silently("tables build --to tables.sqlite").code == 75)
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try done("tables build --json --to tables.sqlite").contains(#""added":0"#))
  }

  // MARK: - Killed

  @Test(.tags(.crash), arguments: seeds(longTests ? 40 : 2))
  func `tables that are killed while they are built are those before`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    _ = try done("generate --events 4000 --namespaces 500 --seed \(seed)")
    _ = try done("tables build --to whole.sqlite")
    _ = try done("tables build --to killed.sqlite")
    let whole = try content("whole.sqlite")
    let byteCount = Int.random(in: 0...1_500_000, using: &generator)
    try kill(shell.process("tables build --anew --to killed.sqlite")) {
      size(of: "killed.sqlite.new") >= byteCount
    }
    #expect(try content("killed.sqlite") == whole)
    #expect(try rows("killed.sqlite", "PRAGMA integrity_check") == ["\"ok\""])
    _ = try done("tables build --anew --to killed.sqlite")
    #expect(try content("killed.sqlite") == whole)
    #expect(!FileManager.default.fileExists(atPath: shell.url("killed.sqlite.new").path))
  }

  @Test(.tags(.crash), arguments: seeds(longTests ? 40 : 2))
  func `tables that are killed while they grow go on where they were`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    _ = try done("init --test-clock --now 2026-09-01")
    _ = try done("tables build --to killed.sqlite")
    for round in 0..<2 {
      let follower = shell.process("tables follow --to killed.sqlite")
      follower.standardError = FileHandle.nullDevice
      let commands = (1...400).map { number in
        #"{"command":"start_trial","namespace_id":\#(round * 400 + number),"#
          + #""trial_type":"ultimate_with_dap"}"#
      }
      try shell.write(commands.joined(separator: "\n"), to: "commands.jsonl")
      let writer = shell.process("apply commands.jsonl")
      writer.standardOutput = FileHandle.nullDevice
      let goal = round * 400 + Int.random(in: 1...300, using: &generator)
      try writer.run()
      try kill(follower) { (try? position()) ?? 0 >= goal || !writer.isRunning }
      writer.waitUntilExit()
      let counts = """
        SELECT (SELECT count(*) FROM events) = position,
          (SELECT count(*) FROM customers_db_trials) = position - 1,
          (SELECT count(*) FROM namespace_states) = position - 1 FROM ledger
        """
      #expect(try rows("killed.sqlite", counts) == ["1|1|1"])
    }
    _ = try done("tables build --to killed.sqlite")
    _ = try done("tables build --to whole.sqlite")
    #expect(try content("killed.sqlite") == content("whole.sqlite"))
  }

  private func position(_ file: String = "killed.sqlite") throws -> Int {
    Int(try rows(file, "SELECT position FROM ledger").first ?? "") ?? 0
  }

  private func size(of file: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: shell.url(file).path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? -1
  }

  /// Starts a process and ends it with SIGKILL when it is `due`, unless it has ended by itself.
  private func kill(_ process: ChildProcess, due: () -> Bool) throws {
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    while process.isRunning, !due() {}
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
