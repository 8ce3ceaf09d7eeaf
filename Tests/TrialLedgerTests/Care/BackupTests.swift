import Dispatch
import Foundation
import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Synchronization
import Testing

/// A backup is a prefix of the log, whole at every moment, whatever the log does meanwhile.
@Suite("Backup")
struct BackupTests {
  private let identity = LedgerIdentity([UInt8](0..<16).span)

  private func events(_ path: String, _ disk: any Disk = PosixDisk()) throws -> [Event] {
    let reader = try LogReader.open(in: path, disk: disk)
    var events: [Event] = []
    try reader.forEachEvent(from: 0, to: reader.size) { event in
      events.append(event)
      return true
    }
    return events
  }

  private func append(_ writer: LogWriter, _ events: [Event]) throws {
    try writer.append(events)
    try writer.commit()
  }

  /// Counts of files, so that a test can say what was copied.
  private func fileCount(_ path: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "\(path)/segments").count
  }

  @Test(arguments: seeds(2))
  func `while a writer appends and segments roll, each backup is a whole prefix`(
    seed: UInt64
  ) throws {
    let folder = try TemporaryFolder()
    let log = "\(folder.path)/log"
    var random = RandomEvents(seed: seed)
    let all = random.next(longTests ? 20_000 : 350)
    let writer = try LogWriter.create(in: log, identity: identity, segmentByteCount: 4_000)
    try append(writer, Array(all.prefix(5)))
    let durable = Mutex(5)
    let isWriting = Atomic(true)
    let ended = DispatchSemaphore(value: 0)
    // A thread of its own: the backups below wait for no task.
    let thread = Thread {
      defer {
        isWriting.store(false, ordering: .releasing)
        ended.signal()
      }
      var done = 5
      while done < all.count {
        let batch = Array(all[done..<min(done + 7, all.count)])
        do {
          try append(writer, batch)
        } catch {
          Issue.record(error)
          return
        }
        done += batch.count
        durable.withLock { $0 = done }
      }
    }
    thread.start()
    var number = 0
    var size = 0
    while isWriting.load(ordering: .acquiring), size < all.count {
      let before = durable.withLock(\.self)
      let isNew = number.isMultiple(of: 3)
      let target = "\(folder.path)/backup\(isNew ? number : 0)"
      let report = try LogBackup.make(of: log, to: target)
      size = report.size
      #expect(size >= before)
      #expect(try events(target) == Array(all.prefix(size)))
      #expect(try LogReader.open(in: target).verify().root == report.root)
      number += 1
    }
    ended.wait()
    try writer.close()
    #expect(try LogBackup.make(of: log, to: "\(folder.path)/backup0").size == all.count)
    let restored = try LogBackup.restore(
      from: "\(folder.path)/backup0",
      to: "\(folder.path)/restored"
    )
    #expect(try events("\(folder.path)/restored") == Array(all.prefix(restored.size)))
  }

  @Test func `a second backup copies only what is new, and can be opened for writing`() throws {
    let folder = try TemporaryFolder()
    let (log, target) = ("\(folder.path)/log", "\(folder.path)/backup")
    var random = RandomEvents(seed: 1)
    let writer = try LogWriter.create(in: log, identity: identity, segmentByteCount: 2_000)
    for _ in 0..<20 { try append(writer, random.next(3)) }
    let first = try LogBackup.make(of: log, to: target)
    #expect(first.kept.fileCount == 0)
    #expect(try first.copied.fileCount == fileCount(log))
    let again = try LogBackup.make(of: log, to: target)
    #expect(again.copied.fileCount == 0)
    #expect(again.kept.byteCount == first.copied.byteCount)
    try append(writer, random.next(3))
    let third = try LogBackup.make(of: log, to: target)
    #expect((1...2).contains(third.copied.fileCount))
    #expect(third.size == 63)
    let (copy, cut) = try LogWriter.open(in: target)
    #expect(cut == nil && copy.root == writer.root)
    #expect(throws: LogError.locked(folder: target)) { try LogBackup.make(of: log, to: target) }
    try copy.close()
    try writer.close()
  }

  @Test func `a folder of something else, another ledger or another past is refused`() throws {
    let folder = try TemporaryFolder()
    let path = { (name: String) in "\(folder.path)/\(name)" }
    var random = RandomEvents(seed: 2)
    let batch = random.next(10)
    for (name, identity) in [("a", identity), ("b", LedgerIdentity([UInt8](16..<32).span))] {
      let writer = try LogWriter.create(in: path(name), identity: identity)
      try append(writer, batch)
      try writer.close()
    }
    _ = try LogBackup.make(of: path("a"), to: path("copy"))
    _ = try LogBackup.make(of: path("a"), to: path("other-past"))
    #expect(throws: LogError.self) { try LogBackup.make(of: path("b"), to: path("copy")) }
    let (writer, _) = try LogWriter.open(in: path("other-past"))
    try append(writer, random.next(2))
    try writer.close()
    #expect(throws: LogError.self) { try LogBackup.make(of: path("a"), to: path("other-past")) }
    let (mine, _) = try LogWriter.open(in: path("a"))
    var others = RandomEvents(seed: 3)
    _ = others.next(10)
    try append(mine, others.next(5))
    try mine.close()
    #expect(throws: LogError.self) { try LogBackup.make(of: path("a"), to: path("other-past")) }
    #expect(throws: LogError.notEmpty(folder: folder.path)) {
      try LogBackup.make(of: path("a"), to: folder.path)
    }
    #expect(throws: LogError.notEmpty(folder: path("copy"))) {
      try LogBackup.restore(from: path("a"), to: path("copy"))
    }
    #expect(throws: LogError.notALog(folder: path("none"))) {
      try LogBackup.make(of: path("none"), to: path("new"))
    }
    #expect(!FileManager.default.fileExists(atPath: path("new")))
  }

  @Test func `a restore of a damaged backup gets no name`() throws {
    let folder = try TemporaryFolder()
    let path = { (name: String) in "\(folder.path)/\(name)" }
    var random = RandomEvents(seed: 4)
    let writer = try LogWriter.create(in: path("log"), identity: identity, segmentByteCount: 2_000)
    for _ in 0..<20 { try append(writer, random.next(3)) }
    try writer.close()
    _ = try LogBackup.make(of: path("log"), to: path("backup"))
    let name = try #require(
      FileManager.default.contentsOfDirectory(atPath: path("backup/segments")).min()
    )
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path("backup/segments/\(name)"))))
    bytes[bytes.count / 2] ^= 4
    try Data(bytes).write(to: URL(filePath: path("backup/segments/\(name)")))
    #expect {
      try LogBackup.restore(from: path("backup"), to: path("restored"))
    } throws: { error in
      (error as? LogError)?.kind == .damaged
    }
    #expect(!FileManager.default.fileExists(atPath: path("restored")))
  }

  /// A backup in a folder with one is a whole ledger after a kill or a power cut at any moment.
  @Test func `a kill at any moment leaves a whole backup, and running again ends it`() throws {
    let source = SimulatedDisk()
    var random = RandomEvents(seed: 5)
    let writer = try LogWriter.create(
      in: "log",
      identity: identity,
      disk: source,
      segmentByteCount: 1_200
    )
    var all: [Event] = []
    func record(_ count: Int) throws {
      for _ in 0..<count {
        let batch = random.next(2)
        all += batch
        try append(writer, batch)
      }
    }
    try record(7)
    var files = source.files
    for (path, bytes) in source.files where path.hasPrefix("log/segments/") {
      files["backup" + path.dropFirst(3)] = bytes
    }
    let oldSize = all.count
    try record(8)
    try writer.close()
    files.merge(source.files) { _, newer in newer }
    let disk = SimulatedDisk(files: files)
    var plan = SimulatedDisk.Plan()
    plan.keepsMoments = true
    disk.plan(plan)
    _ = try LogBackup.make(of: "log", to: "backup", disk: disk)
    #expect(try events("backup", disk) == all)
    for moment in 0..<disk.momentCount {
      for cut in [disk.afterKill(at: moment), disk.afterCrash(at: moment, seed: UInt64(moment))] {
        let kept = try events("backup", cut)
        #expect(kept.count >= oldSize && kept == Array(all.prefix(kept.count)), "\(moment)")
        _ = try LogBackup.make(of: "log", to: "backup", disk: cut)
        #expect(try events("backup", cut) == all, "\(moment)")
      }
    }
  }

  /// A log of which nearly all is sealed, and the files that were there when `half` of it was.
  private func sealedLog(
    half: Int
  ) throws -> (disk: SimulatedDisk, backup: [String: [UInt8]], events: [Event]) {
    let disk = SimulatedDisk()
    var random = RandomEvents(seed: 6)
    let writer = try LogWriter.create(
      in: "log",
      identity: identity,
      disk: disk,
      segmentEventCount: 8
    )
    var all: [Event] = []
    func record(_ count: Int) throws {
      for number in 0..<count {
        let batch = random.next(3)
        all += batch
        try writer.append(batch, mark: [UInt8(all.count), UInt8(number)])
        try writer.commit()
      }
    }
    try record(half)
    var backup: [String: [UInt8]] = [:]
    for (path, bytes) in disk.files where path.hasPrefix("log/segments/") {
      backup["backup" + path.dropFirst(3)] = bytes
    }
    try record(10)
    try writer.sealer.finishSealing()
    try record(1)
    try writer.close()
    return (disk, backup, all)
  }

  /// The backup ends in frames of a segment that the log has sealed since, and so are the next ones.
  @Test func `a kill while frames give way to sealed segments leaves a whole backup`() throws {
    for half in longTests ? [1, 2, 3, 4, 5, 6, 7] : [3, 4] {
      let (source, backup, all) = try sealedLog(half: half)
      let disk = SimulatedDisk(files: source.files.merging(backup) { $1 })
      let marks = try LogReader.open(in: "log", disk: disk).marks()
      var plan = SimulatedDisk.Plan()
      plan.keepsMoments = true
      disk.plan(plan)
      _ = try LogBackup.make(of: "log", to: "backup", disk: disk)
      #expect(try events("backup", disk) == all)
      let names = { (folder: String) in
        disk.files.keys.filter { $0.hasPrefix("\(folder)/segments/") }.map { $0.suffix(27) }
          .sorted()
      }
      #expect(names("backup") == names("log"))
      for moment in 0..<disk.momentCount {
        for cut in [disk.afterKill(at: moment), disk.afterCrash(at: moment, seed: UInt64(moment))] {
          let reader = try LogReader.open(in: "backup", disk: cut)
          let kept = try events("backup", cut)
          #expect(kept.count >= half * 3 && kept == Array(all.prefix(kept.count)), "\(moment)")
          #expect(try reader.marks() == Array(marks.prefix(reader.marks().count)), "\(moment)")
          #expect(try reader.verify(threadCount: 1).size == kept.count)
          _ = try LogBackup.make(of: "log", to: "backup", disk: cut)
          #expect(try events("backup", cut) == all, "\(moment)")
          #expect(try LogReader.open(in: "backup", disk: cut).marks() == marks)
        }
      }
    }
  }

  @Test func `a first backup of sealed segments goes on after a kill at any moment`() throws {
    let (source, _, all) = try sealedLog(half: 4)
    let disk = SimulatedDisk(files: source.files)
    var copy = source.files
    for (path, bytes) in source.files where path.hasPrefix("log/") {
      copy["backup.partial" + path.dropFirst(3)] = bytes
    }
    // A folder cannot be renamed on this disk, so files are left out one by one instead.
    let names = copy.keys.filter { $0.hasPrefix("backup.partial/segments/") }.sorted()
    for count in 0...names.count {
      let files = copy.filter { path, _ in !names.dropFirst(count).contains(path) }
        .filter { path, _ in path != "backup.partial/lock" }
      let folder = try TemporaryFolder()
      for (path, bytes) in files {
        let url = URL(filePath: "\(folder.path)/\(path)")
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(),
          withIntermediateDirectories: true
        )
        try Data(bytes).write(to: url)
      }
      let report = try LogBackup.make(of: "\(folder.path)/log", to: "\(folder.path)/backup")
      #expect(report.kept.fileCount == count)
      #expect(try events("\(folder.path)/backup") == all)
    }
    #expect(try events("log", disk) == all)
  }

  @Test func `frames in a backup do not give way to a sealed segment that is damaged`() throws {
    let (source, backup, _) = try sealedLog(half: 4)
    let path = "log/segments/00000000000000000009.sealed"
    let byteCount = try #require(source.files[path]?.count)
    for offset in stride(from: 0, to: byteCount, by: max(1, byteCount / 40)) {
      var files = source.files.merging(backup) { $1 }
      files[path]?[offset] ^= 1
      let disk = SimulatedDisk(files: files)
      #expect("\(offset)") {
        try LogBackup.make(of: "log", to: "backup", disk: disk)
      } throws: { error in
        (error as? LogError)?.kind == .damaged
      }
      #expect(try events("backup", disk).count >= 12, "\(offset)")
      // The log's file is mended, say from another backup.
      let mended = SimulatedDisk(files: disk.files.merging([path: source.files[path] ?? []]) { $1 })
      #expect(try LogBackup.make(of: "log", to: "backup", disk: mended).size == 42 + 3)
    }
  }
}
