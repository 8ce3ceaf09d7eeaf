import Foundation
import GRDB
import LedgerFormat
import LedgerRuleFiles
import LedgerSQLite
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Read model")
struct ReadModelTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/tables.sqlite" }

  init() throws {
    folder = try TemporaryFolder()
  }

  private struct Interrupted: Error {}

  private func world(
    _ seed: UInt64,
    steps: Int,
    at name: String = "ledger"
  ) throws
    -> RandomTrialWorld
  {
    var world = try RandomTrialWorld(at: folder.path + "/" + name, seed: seed)
    for _ in 0..<steps { try world.step() }
    return world
  }

  private func expectTables(
    of ledger: Ledger,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let model = try TrialTableModel(of: ledger)
    let reader = try TableReader(path)
    let trials = try reader.rows(TableReader.trials)
    #expect(trials == model.trials, sourceLocation: sourceLocation)
    var lines: [String] = []
    try ledger.forEachEvent { event in
      lines.append(canonicalLine(of: event))
      return true
    }
    let stored = try reader.rows("SELECT json FROM events ORDER BY position")
    #expect(stored == lines, sourceLocation: sourceLocation)
  }

  // MARK: - What the tables say

  @Test(.tags(.property), arguments: seeds(16))
  func `tables are those of all events, in whatever transactions they were written`(
    seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let events = RandomTableHistory(seed: seed, count: 70).events
    let store = try ReadModelStore.create(at: path, origin: "test")
    try store.finish()
    let tables = try ReadModelStore.open(at: path, isWritable: true)
    var rules = RulesHistory()
    for event in events where event.namespaceID == .ledger {
      guard case .rulesActivated(_, _, let text) = event.fact else { continue }
      rules.activate(try RuleFile.read(text), by: event)
    }
    var next = 0
    while next < events.count {
      let end = min(events.count, next + Int.random(in: 1...9, using: &generator))
      let isInterrupted = Int.random(in: 0..<3, using: &generator) == 0
      do {
        try tables.write(from: next, typeNumber: { $0.number }) { writer in
          for event in events[next..<end] {
            let inForce = rules.activations.first { $0.position == event.position }?.inForce
            try writer.append(event, json: canonicalBytes(of: event).span, activating: inForce)
          }
          if isInterrupted { throw Interrupted() }
          return ReadModelCursor(position: end, root: "r\(end)", origin: "test")
        }
        next = end
      } catch is Interrupted {
        #expect(try tables.cursor().position == next)
      }
    }
    let model = try TrialTableModel(events)
    #expect(try TableReader(path).rows(TableReader.trials) == model.trials)
    for _ in 0..<5 {
      let day = CalendarDate(dayNumber: 20_000 + .random(in: 0...55, using: &generator))
      let rows = try TableReader(path, on: day).rows("SELECT * FROM namespaces ORDER BY id")
      #expect(rows == model.namespaces(on: day), "on \(day)")
    }
    #expect(
      try TableReader(path).rows("SELECT json FROM events ORDER BY position")
        == events.map { canonicalLine(of: $0) }
    )
  }

  @Test(.tags(.property), arguments: seeds(4))
  func `tables follow a ledger over restarts and rebuilds`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var world = try world(seed, steps: 3)
    let ledger = world.ledger
    var model = try ReadModel(at: path, of: ledger)
    #expect(try model.update().buildReason == "there were none")
    for _ in 0..<12 {
      for _ in 0..<Int.random(in: 0...3, using: &generator) { try world.step() }
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        try model.close()
        model = try ReadModel(at: path, of: ledger)
      case 1: #expect(try model.update(anew: true).buildReason != nil)
      case 2: try FileManager.default.removeItem(atPath: path)
      default: break
      }
      #expect(try model.update().position == ledger.size)
      try expectTables(of: ledger)
    }
    #expect(try model.update().addedCount == 0)
    try model.close()
    try ledger.close()
  }

  @Test(.tags(.snapshot)) func `the schema is reviewed`() throws {
    let ledger = try world(1, steps: 0).ledger
    let model = try ReadModel(at: path, of: ledger)
    try model.update()
    let schema = try TableReader(path).rows(
      "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
    )
    let marks = try ["application_id", "user_version", "journal_mode"].map { name in
      "-- \(name): " + (try TableReader(path).rows("PRAGMA \(name)")).joined()
    }
    expectSnapshot(
      of: (schema + marks).joined(separator: "\n") + "\n",
      at: "SQL/read-model.sql"
    )
    try model.close()
    try ledger.close()
  }

  // MARK: - Readers beside it

  @Test func `a reader sees one state while tables grow and are exchanged`() throws {
    var world = try world(5, steps: 20)
    let ledger = world.ledger
    let model = try ReadModel(at: path, of: ledger)
    try model.update()
    let reader = try TableReader(path)
    try reader.queue.inDatabase { db in
      try db.execute(sql: "BEGIN")
      let before = try TableReader.rows(db, TableReader.trials)
      for _ in 0..<10 { try world.step() }
      try model.update()
      #expect(try TableReader.rows(db, TableReader.trials) == before)
      try model.update(anew: true)
      for _ in 0..<10 { try world.step() }
      try model.update()
      #expect(try TableReader.rows(db, TableReader.trials) == before)
      try db.execute(sql: "COMMIT")
      #expect(try TableReader.rows(db, "PRAGMA integrity_check") == ["ok"])
    }
    try expectTables(of: ledger)
    try model.close()
    #expect(try TableReader(path).rows("PRAGMA integrity_check") == ["ok"])
    try expectTables(of: ledger)
    try ledger.close()
  }

  @Test func `a follower writes what is recorded until it is stopped`() throws {
    var world = try world(6, steps: 5)
    let ledger = world.ledger
    let follower = try ReadModelFollower(at: path, of: ledger)
    #expect(throws: LedgerError.self) { try ReadModel(at: path, of: ledger) }
    for _ in 0..<20 { try world.step() }
    // The first tables may not be whole yet, and are then given up.
    while follower.position == 0 { try world.step() }
    for _ in 0..<5 { try world.step() }
    try ledger.close()
    follower.stop()
    follower.stop()
    #expect(follower.position == ledger.size)
    #expect(follower.problem == nil)
    try expectTables(of: ledger)
  }

  // MARK: - Files that are not what they should be

  @Test func `tables of another ledger or of lost events are built anew`() throws {
    let one = try world(1, steps: 20, at: "one").ledger
    let shorter = try world(1, steps: 10, at: "shorter").ledger
    let other = try world(2, steps: 30, at: "other").ledger
    for (ledger, reason) in [
      (one, "there were none"), (shorter, "the ledger has"), (other, "of another ledger"),
      (one, "the ledger has"),
    ] {
      if let status = try ReadModel.status(at: path, of: ledger) {
        #expect(status.problem?.contains(reason) ?? false, "\(status)")
      }
      let model = try ReadModel(at: path, of: ledger)
      let update = try model.update()
      #expect(update.buildReason?.contains(reason) ?? false, "\(update)")
      try expectTables(of: ledger)
      let status = try #require(try ReadModel.status(at: path, of: ledger))
      #expect(status.problem == nil)
      #expect(status.lag == 0)
      try model.close()
    }
    for ledger in [one, shorter, other] { try ledger.close() }
  }

  @Test(.tags(.property), arguments: seeds(6))
  func `damaged tables are built anew`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var world = try world(seed, steps: 40)
    let ledger = world.ledger
    let model = try ReadModel(at: path, of: ledger)
    try model.update()
    try model.close()
    var bytes = try Data(contentsOf: URL(filePath: path))
    // Not the marks by which the file is known.
    for index in 4_096..<bytes.count where Int.random(in: 0..<3, using: &generator) == 0 {
      bytes[index] = .random(in: 0...255, using: &generator)
    }
    try bytes.write(to: URL(filePath: path))
    for _ in 0..<5 { try world.step() }
    let again = try ReadModel(at: path, of: ledger)
    #expect(try again.update().buildReason != nil)
    try expectTables(of: ledger)
    try again.close()
    try ledger.close()
  }

  @Test func `a file of somebody else stays as it is`() throws {
    let ledger = try world(1, steps: 1).ledger
    try Data("name,value\n".utf8).write(to: URL(filePath: path))
    let text = #expect(throws: LedgerError.self) { try ReadModel(at: path, of: ledger) }
    #expect(text?.message.contains("was not made by this program") ?? false)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("name,value\n".utf8))
    let database = folder.path + "/other.sqlite"
    let queue = try DatabaseQueue(path: database)
    try queue.write { try $0.execute(sql: "CREATE TABLE t (x)") }
    try queue.close()
    let bytes = try Data(contentsOf: URL(filePath: database))
    let error = #expect(throws: LedgerError.self) { try ReadModel(at: database, of: ledger) }
    #expect(error?.exitCode == 65)
    #expect(throws: LedgerError.self) { try ReadModel.status(at: database, of: ledger) }
    #expect(try Data(contentsOf: URL(filePath: database)) == bytes)
    try ledger.close()
  }

  @Test func `a place that cannot be written is named in one sentence`() throws {
    let ledger = try world(1, steps: 1).ledger
    let place = folder.path + "/none/tables.sqlite"
    let error = #expect(throws: LedgerError.self) { try ReadModel(at: place, of: ledger) }
    #expect(error?.exitCode == 74)
    #expect(error?.message.contains(place) ?? false)
    #expect(try ReadModel.status(at: place, of: ledger) == nil)
    try ledger.close()
  }

  @Test func `tables of another version are built anew`() throws {
    let ledger = try world(1, steps: 5).ledger
    let model = try ReadModel(at: path, of: ledger)
    try model.update()
    try model.close()
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99") }
    try queue.close()
    #expect(try ReadModel.status(at: path, of: ledger)?.problem == "they are of version 99")
    let again = try ReadModel(at: path, of: ledger)
    #expect(try again.update().buildReason == "they were of version 99")
    try expectTables(of: ledger)
    try again.close()
    try ledger.close()
  }
}

extension TrialType {
  fileprivate var number: Int? { ["ultimate": 1, "gitlab_duo_pro": 2][code] }
}
