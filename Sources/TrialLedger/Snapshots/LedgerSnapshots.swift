import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProjection
import LedgerSQLite
import Synchronization

/// The snapshots of a ledger's folder, as far as they fit its log.
///
/// None is ever needed: what cannot be used is told once, and the log is folded instead.
final class LedgerSnapshots: Sendable {
  /// The file in a ledger's folder.
  static let fileName = "snapshots.sqlite"

  /// Where they are.
  let path: String
  /// When they are taken, and how many are kept.
  let policy: SnapshotPolicy
  private let clock: any LedgerClock
  private let onNotice: (@Sendable (String) -> Void)?
  private let told = Mutex<Set<String>>([])
  /// The generation that the states in memory come from; `nil` for those of a full fold.
  private let ownGeneration = Mutex<Int?>(nil)
  /// Held while one is written: of two at once, the one begun later would end the other.
  private let writing = Mutex(())

  /// Those of the ledger in `folder`; `nil` when they are switched off.
  init?(in folder: String, _ options: Ledger.Options) {
    // On another disk than the system's there is no file of SQLite.
    guard options.snapshots.isEnabled, options.disk is PosixDisk else { return nil }
    path = "\(folder)/\(Self.fileName)"
    policy = options.snapshots
    clock = options.clock
    onNotice = options.onNotice
  }

  // MARK: Starting from one

  /// The states at the newest snapshot of at most `size` events that fits the log.
  ///
  /// - Parameters:
  ///   - size: The most events.
  ///   - reader: The log.
  ///   - isStart: Whether the ledger goes on from them; then what is past `size` is told.
  /// - Returns: `nil` when there is none.
  /// - Throws: ``LedgerError`` when the log cannot be read.
  func restore(
    upTo size: Int,
    _ reader: LogReader,
    isStart: Bool
  ) throws(LedgerError) -> Projection? {
    let store: SnapshotStore
    let contents: SnapshotStore.Contents
    do throws(SnapshotStoreError) {
      guard let found = try SnapshotStore.open(at: path, for: .reading) else { return nil }
      store = found
      contents = try store.contents()
    } catch {
      tell(.store(error))
      return nil
    }
    defer { try? store.close() }
    for record in contents.serving {
      if record.size > size, !isStart { continue }
      if let reason = try mismatch(of: record, with: reader, size) {
        tell(.content(reason))
        continue
      }
      do throws(SnapshotProblem) {
        let projection = try SnapshotCodec.decode(record, in: store, .perProcessor()) {
          [path] () throws(SnapshotStoreError) in
          try SnapshotStore.open(at: path, for: .reading)
        }
        if isStart { ownGeneration.withLock { $0 = record.generation } }
        return projection
      } catch {
        tell(error)
      }
    }
    return nil
  }

  /// Why a snapshot is not of the first `size` events or fewer of this log; `nil` when it is.
  func mismatch(
    of record: SnapshotRecord,
    with reader: LogReader,
    _ size: Int
  ) throws(LedgerError) -> String? {
    if record.format != SnapshotCodec.format {
      return "a snapshot is of format \(record.format), unknown here"
    }
    if record.identity != Self.bytes(reader.identity) { return "a snapshot is of another ledger" }
    if record.size > size { return "a snapshot of \(record.size) events is past the log's end" }
    guard record.size > 0 else { return "a snapshot is of no events" }
    let root = try onLog { () throws(LogError) in try reader.root(at: record.size) }
    return root.bytes == record.root ? nil : "a snapshot is of another history"
  }

  private static func bytes(_ identity: LedgerIdentity) -> [UInt8] {
    var bytes: [UInt8] = []
    identity.append(to: &bytes)
    return bytes
  }

  /// Tells a problem, if it is new.
  func tell(_ problem: SnapshotProblem) {
    let reason = problem.description
    guard let onNotice, told.withLock({ $0.insert(reason).inserted }) else { return }
    onNotice("\(path) is not used, the log is read instead: \(reason)")
  }

  // MARK: Taking one

  /// What a snapshot is taken of.
  enum Origin {
    /// The states that serve.
    case serving
    /// States that were folded anew, for every later start.
    case rebuilt
  }

  /// Writes a snapshot of `view`, and drops those that are no longer of use.
  ///
  /// - Parameters:
  ///   - view: What is written.
  ///   - origin: Where its states come from.
  ///   - reader: The log.
  ///   - threads: Who encodes.
  ///   - step: Told how many parts of how many are written; says whether to go on.
  /// - Returns: What was written; `nil` when it was stopped, or the states that serve come from
  ///   before a rebuild of another process.
  /// - Throws: ``SnapshotStoreError``; what was there stays.
  func take(
    _ view: LedgerView,
    _ origin: Origin,
    _ reader: LogReader,
    _ threads: Threads,
    _ step: (Int, Int) -> Bool = { _, _ in true }
  ) throws(SnapshotStoreError) -> SnapshotRecord? {
    try writing.withLock { _ throws(SnapshotStoreError) in
      try write(view, origin, reader, threads, step)
    }
  }

  private func write(
    _ view: LedgerView,
    _ origin: Origin,
    _ reader: LogReader,
    _ threads: Threads,
    _ step: (Int, Int) -> Bool
  ) throws(SnapshotStoreError) -> SnapshotRecord? {
    let store = try openForWriting()
    defer { try? store.close() }
    let contents = try store.contents()
    let own = ownGeneration.withLock(\.self)
    if origin == .serving, let own, own != contents.servingGeneration { return nil }
    let snapshot = ProjectionSnapshot(view.projection)
    let id = try store.begin(
      SnapshotDraft(
        generation: origin == .serving ? contents.servingGeneration : nil,
        format: SnapshotCodec.format,
        identity: Self.bytes(reader.identity),
        size: view.size,
        root: view.root.bytes,
        header: snapshot.header,
        partCount: snapshot.partCount,
        takenAt: clock.now().milliseconds
      )
    )
    var next = 0
    while next < snapshot.partCount {
      guard step(next, snapshot.partCount) else {
        try store.remove([id])
        return nil
      }
      let range = next..<min(next + 2 * threads.count, snapshot.partCount)
      try store.append(SnapshotCodec.encode(range, of: snapshot, threads), from: next, to: id)
      next = range.upperBound
    }
    guard step(next, snapshot.partCount) else {
      try store.remove([id])
      return nil
    }
    try store.complete(id)
    let written = try store.contents()
    ownGeneration.withLock { $0 = written.servingGeneration }
    try dropSuperfluous(written, reader, store)
    return written.records.first { $0.id == id }
  }

  private func openForWriting() throws(SnapshotStoreError) -> SnapshotStore {
    do throws(SnapshotStoreError) {
      if let store = try openChecked() { return store }
    } catch {
      // What nobody can read is in the way of what everybody could.
      guard error.isAboutTheFile else { throw error }
      tell(.store(error))
      try SnapshotStore.remove(at: path)
      if let store = try openChecked() { return store }
    }
    throw .inputOutput("\(path) cannot be made")
  }

  private func openChecked() throws(SnapshotStoreError) -> SnapshotStore? {
    guard let store = try SnapshotStore.open(at: path, for: .writing) else { return nil }
    do throws(SnapshotStoreError) {
      _ = try store.contents()
    } catch {
      try? store.close()
      throw error
    }
    return store
  }

  private func dropSuperfluous(
    _ contents: SnapshotStore.Contents,
    _ reader: LogReader,
    _ store: SnapshotStore
  ) throws(SnapshotStoreError) {
    var dropped: [SnapshotRecord] = []
    var fitting: [SnapshotRecord] = []
    let size = reader.size
    for record in contents.records {
      // A log that cannot be read says nothing about its snapshots.
      let reason = try? mismatch(of: record, with: reader, size)
      if reason != nil { dropped.append(record) } else { fitting.append(record) }
    }
    let retention = SnapshotRetention(policy: policy)
    dropped += retention.superfluous(
      fitting.filter { $0.generation == contents.servingGeneration }
    )
    let former = fitting.filter { $0.generation == contents.formerGeneration }
    dropped += former.dropFirst()
    dropped += fitting.filter {
      $0.generation != contents.servingGeneration && $0.generation != contents.formerGeneration
    }
    try store.remove(dropped.map(\.id))
  }

  // MARK: The others

  /// Which there are; `nil` when there is no file, or none that can be read.
  func contents() throws(SnapshotStoreError) -> SnapshotStore.Contents? {
    guard let store = try SnapshotStore.open(at: path, for: .reading) else { return nil }
    defer { try? store.close() }
    return try store.contents()
  }

  /// Makes the snapshots from before the last rebuild serve again.
  ///
  /// - Returns: Whether there were any.
  func restoreFormer() throws(SnapshotStoreError) -> Bool {
    guard let contents = try contents(), contents.formerGeneration != nil else { return false }
    let store = try openForWriting()
    defer { try? store.close() }
    guard try store.restoreFormer() else { return false }
    let generation = try store.contents().servingGeneration
    ownGeneration.withLock { $0 = generation }
    return true
  }

  /// Drops the snapshots from before the last rebuild.
  ///
  /// - Returns: Whether there were any.
  func releaseFormer() throws(SnapshotStoreError) -> Bool {
    guard let contents = try contents(), contents.formerGeneration != nil else { return false }
    let store = try openForWriting()
    defer { try? store.close() }
    return try store.releaseFormer()
  }
}
