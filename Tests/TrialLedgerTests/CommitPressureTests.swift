import LedgerLog
import LedgerTestSupport
import Synchronization
import Testing

import TrialLedger

@Suite("Commits under pressure")
struct CommitPressureTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Callers at once over a disk that is full now and then: what was acknowledged is exactly what
  /// the log holds, each at the position it was told.
  @Test(.tags(.property), arguments: seeds(4))
  func `acknowledged is recorded and refused for want of space is not`(seed: UInt64) async throws {
    var options = Ledger.Options(
      clock: ManualClock(try #require(Instant("2026-09-01T09:00:00.000Z")))
    )
    let disk = FullNowAndThenDisk(seed)
    options.disk = disk
    let path = folder.path + "/ledger"
    let ledger = try Ledger.create(at: path, options: options)
    disk.begin()
    let acknowledged = await withTaskGroup(of: [Event].self) { group in
      for caller in 0..<24 as Range<Int64> {
        group.addTask { await Self.events(recordedBy: caller, in: ledger, seed) }
      }
      return await group.reduce([], +)
    }
    disk.end()
    try ledger.close()

    let reopened = try Ledger.open(at: path)
    var recorded: [Event] = []
    try reopened.forEachEvent(from: 1) { event in
      recorded.append(event)
      return true
    }
    #expect(acknowledged.sorted { $0.position < $1.position } == recorded)
    #expect(try reopened.verify().root == reopened.root)
  }

  /// What one caller, who sends everything again until it is taken, was told was recorded.
  private static func events(
    recordedBy caller: Int64,
    in ledger: Ledger,
    _ seed: UInt64
  ) async -> [Event] {
    var generator = SeededGenerator(seed: seed &* 64 &+ UInt64(caller))
    var events: [Event] = []
    for round in 0..<12 as Range<Int64> {
      var commands: [Ledger.Submission] = []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        guard let id = NamespaceID(Int64.random(in: 1...40, using: &generator)),
          let type = TrialType("ultimate_with_dap"), let plan = PlanCode("premium")
        else { continue }
        let action: Command.Action =
          Bool.random(using: &generator)
          ? .startTrial(type) : .changePlan(plan, startsOn: nil, endsOn: nil)
        let name = "\(caller)-\(round)-\(commands.count)"
        commands.append(
          Ledger.Submission(
            Command(action, namespaceID: id, metadata: Metadata(commandID: CommandID(name)))
          )
        )
      }
      let atomically = Bool.random(using: &generator)
      while true {
        guard let outcomes = try? await ledger.submit(commands, atomically: atomically) else {
          continue
        }
        for case .recorded(let recorded) in outcomes { events += recorded }
        break
      }
    }
    return events
  }
}

/// A real disk that is full, now and then, from a seed.
private final class FullNowAndThenDisk: Disk {
  private let disk = PosixDisk()
  private let fullness: Fullness

  init(_ seed: UInt64) { fullness = Fullness(seed) }

  func begin() { fullness.isOn.withLock { $0 = true } }
  func end() { fullness.isOn.withLock { $0 = false } }

  func open(_ path: String, for access: DiskAccess) throws(DiskError) -> any DiskFile {
    let file = try disk.open(path, for: access)
    return path.contains("/segments/") ? FullNowAndThenFile(file, fullness) : file
  }
  func create(_ path: String) throws(DiskError) -> any DiskFile { try disk.create(path) }
  func createFolder(_ path: String) throws(DiskError) { try disk.createFolder(path) }
  func names(in folder: String) throws(DiskError) -> [String]? { try disk.names(in: folder) }
  func rename(_ path: String, to new: String) throws(DiskError) { try disk.rename(path, to: new) }
  func remove(_ path: String) throws(DiskError) { try disk.remove(path) }
  func syncFolder(_ path: String) throws(DiskError) { try disk.syncFolder(path) }
  func pause(milliseconds: Int) { disk.pause(milliseconds: milliseconds) }
}

private final class Fullness: Sendable {
  let isOn = Mutex(false)
  private let generator: Mutex<SeededGenerator>

  init(_ seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

  func isFullNow() -> Bool {
    guard isOn.withLock(\.self) else { return false }
    return generator.withLock { Int.random(in: 0..<4, using: &$0) == 0 }
  }
}

private final class FullNowAndThenFile: DiskFile {
  private let file: any DiskFile
  private let fullness: Fullness

  init(_ file: any DiskFile, _ fullness: Fullness) {
    self.file = file
    self.fullness = fullness
  }

  func write(_ bytes: Span<UInt8>, at offset: Int) throws(DiskError) {
    guard fullness.isFullNow() else { return try file.write(bytes, at: offset) }
    // Part of it is there all the same, as a full disk leaves it.
    try file.write(bytes.extracting(0..<bytes.count / 2), at: offset)
    throw DiskError(
      operation: "write",
      path: "segment",
      code: 28,
      message: "no space left",
      isNoSpace: true
    )
  }

  func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws(DiskError) -> Int {
    try file.read(count, at: offset, into: &buffer)
  }
  func sync() throws(DiskError) { try file.sync() }
  func truncate(to byteCount: Int) throws(DiskError) { try file.truncate(to: byteCount) }
  func byteCount() throws(DiskError) -> Int { try file.byteCount() }
  func tryLock(_ lock: DiskLock) throws(DiskError) -> Bool { try file.tryLock(lock) }
  func unlock() throws(DiskError) { try file.unlock() }
}
