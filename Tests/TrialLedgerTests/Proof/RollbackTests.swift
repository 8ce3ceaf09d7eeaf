import Foundation
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing
import TrialLedger

/// F10: a folder that is older than its checkpoints, or has another history, is not opened for
/// writing and does not verify; and not a byte of it changes.
@Suite("Rollback")
struct RollbackTests {
  private let temporary: TemporaryFolder
  private let signer: CheckpointSigner
  private let clock = ManualClock(Instant(midnightOf: .first))

  init() throws {
    temporary = try TemporaryFolder()
    signer = try CheckpointSigner.generate(name: "example.com/trials")
    clock.set(try #require(Instant("2026-09-01T09:00:00.000Z")))
  }

  private var path: String { temporary.path + "/ledger" }
  private var backup: String { temporary.path + "/backup" }
  private var outside: String { temporary.path + "/outside" }

  private var options: Ledger.Options {
    var options = Ledger.Options(clock: clock)
    options.checkpointCopies = [outside]
    return options
  }

  /// Starts a trial of each namespace, each in a commit of its own.
  private func record(_ ids: ClosedRange<Int64>) throws {
    let ledger = try Ledger.open(at: path, for: .writing, options: options)
    let type = try #require(TrialType("ultimate_with_dap"))
    for id in ids {
      let command = Command(.startTrial(type), namespaceID: try #require(NamespaceID(id)))
      _ = try ledger.submitBlocking([Ledger.Submission(command)])
    }
    try ledger.close()
  }

  private func create() throws {
    try Ledger.create(at: path, origin: "example.com/trials", options: options).close()
  }

  @discardableResult
  private func sign() throws -> SignedCheckpoint {
    try Evidence.open(at: path, copies: [outside]).sign(with: signer)
  }

  /// Expects opening for writing, signing and checking to be refused as damage that names all of
  /// `names`, and the folder to stay as it is.
  private func expectRefused(naming names: [String]) throws {
    let before = try files(below: path)
    let attempts: [(String, () throws -> Void)] = [
      ("open", { _ = try Ledger.open(at: self.path, for: .writing, options: self.options) }),
      ("sign", { try self.sign() }),
      ("check", { try Evidence.open(at: self.path, copies: [self.outside]).check() }),
    ]
    for (name, attempt) in attempts {
      let error = ledgerError(attempt)
      #expect(error?.exitCode == 70, "\(name)")
      for part in names { #expect(error?.message.contains(part) == true, "\(name): \(part)") }
    }
    #expect(try files(below: path) == before)
  }

  @Test func `copies that are not mounted are missed once something was signed`() throws {
    try create()
    try record(1...1)
    try sign()
    try FileManager.default.removeItem(atPath: outside)
    let error = ledgerError {
      _ = try Ledger.open(at: path, for: .writing, options: options)
    }
    #expect(error?.exitCode == 74)
    #expect(error?.message.contains(outside) == true)
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: false)
    try record(2...2)
  }

  @Test func `a folder restored from an older copy is refused`() throws {
    try create()
    try record(1...3)
    try copyFolder(path, to: backup)
    try record(4...6)
    try sign()
    try copyFolder(backup, to: path)
    try expectRefused(naming: [path, "\(outside)/00000000000000000007", "4 events", "for 7"])
    // Without what is kept outside nobody can tell.
    #expect(try Evidence.open(at: path).check() == 0)
  }

  @Test func `a log that lost its end is refused by the checkpoint in its own folder`() throws {
    try create()
    try record(1...3)
    try sign()
    let segment = URL(filePath: "\(path)/segments/00000000000000000000.frames")
    let start = try Data(contentsOf: segment).count
    try record(4...5)
    let end = try Data(contentsOf: segment).count
    try record(6...6)
    let last = try sign()
    try FileManager.default.removeItem(atPath: outside)
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: false)
    // What is cut here are the last events, and the durable head, which knows of them, is gone.
    let bytes = try Data(contentsOf: segment)
    for count in stride(from: start, through: end, by: 61) {
      try bytes.prefix(count).write(to: segment)
      try? FileManager.default.removeItem(atPath: "\(path)/lock")
      try expectRefused(naming: [path, "/checkpoints/0000000000000000000\(last.size)"])
    }
    try bytes.write(to: segment)
    try record(7...7)
  }

  @Test func `a history written anew is refused although it is longer`() throws {
    try create()
    try record(1...3)
    try sign()
    try FileManager.default.removeItem(atPath: path)
    var plain = options
    plain.checkpointCopies = []
    try Ledger.create(at: path, origin: "example.com/trials", options: plain).close()
    let writer = try LogWriter.open(in: path).writer
    let event = try #require(RandomEvents.after(1))
    try writer.append(event)
    try writer.commit()
    try writer.close()
    try expectRefused(naming: [path, "\(outside)/00000000000000000004", "another history"])
  }

  @Test func `a ledger made anew beside checkpoints of the old one is refused`() throws {
    try create()
    try record(1...3)
    try sign()
    try FileManager.default.removeItem(atPath: path)
    #expect(throws: LedgerError.self) { try create() }
    try expectRefused(naming: [path, "\(outside)/00000000000000000004", "1 events"])
  }

  @Test func `checkpoints of another ledger are no damage but a wrong folder`() throws {
    try create()
    try sign()
    let other = temporary.path + "/other"
    try Ledger.create(at: other, origin: "example.com/other", options: Ledger.Options(clock: clock))
      .close()
    let error = ledgerError {
      _ = try Ledger.open(at: other, for: .writing, options: options)
    }
    #expect(error?.exitCode == 65)
    #expect(error?.message.contains("example.com/other") == true)
    #expect(error?.message.contains("example.com/trials") == true)
  }

  @Test func `a checkpoint that cannot be read is damage`() throws {
    try create()
    try record(1...2)
    try sign()
    let file = "\(path)/checkpoints/00000000000000000003"
    let good = try Data(contentsOf: URL(filePath: file))
    for bad in [Data(), good.prefix(20), Data(String(repeating: "x", count: 2_000_000).utf8)] {
      try bad.write(to: URL(filePath: file))
      try expectRefused(naming: [file])
    }
    // Of another size than its name says.
    try good.write(to: URL(filePath: "\(path)/checkpoints/00000000000000000002"))
    try good.write(to: URL(filePath: file))
    #expect(throws: LedgerError.self) { try Evidence.open(at: path).check() }
    try FileManager.default.removeItem(atPath: "\(path)/checkpoints/00000000000000000002")
    // Other files, as a crash leaves them, are passed over.
    try Data("x".utf8).write(to: URL(filePath: file + ".17.new"))
    try Data("x".utf8).write(to: URL(filePath: "\(outside)/README"))
    try record(3...4)
  }

  @Test func `a log that only grew is opened, signed and checked`() throws {
    try create()
    for id in 1...5 as ClosedRange<Int64> {
      try record(id...id)
      #expect(try sign().size == Int(id) + 1)
    }
    let evidence = try Evidence.open(at: path, copies: [outside])
    #expect(try evidence.check() == 10)
    let kept = try #require(try evidence.newestCheckpoint())
    try record(6...6)
    try evidence.check(kept, with: signer.verifier)
    let stranger = try CheckpointSigner.generate(name: "example.com/trials").verifier
    #expect(ledgerError { try evidence.check(kept, with: stranger) }?.exitCode == 1)
  }
}

extension RandomEvents {
  /// A batch of a dozen events for a log that has `position` of them already.
  fileprivate static func after(_ position: Int) -> [Event]? {
    var events = RandomEvents(seed: 9)
    _ = events.next(position)
    let last = Instant("2026-12-01T00:00:00.000Z")
    return last.map { last in
      events.next(12).map { event in
        Event(
          position: event.position,
          namespaceID: event.namespaceID,
          version: event.version,
          recordedAt: last,
          metadata: event.metadata,
          fact: event.fact
        )
      }
    }
  }
}
