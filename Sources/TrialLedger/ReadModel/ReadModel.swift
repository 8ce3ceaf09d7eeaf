import LedgerCore
import LedgerLog
import LedgerSQLite
import Synchronization

/// The ledger as ordinary SQL tables in an SQLite file, for analysts and their tools: the events, the
/// rules, the namespaces, and one row for every trial record in `customers_db_trials`.
///
/// The rows of some events and the cursor after them are one transaction, so an event is in the
/// tables once, whatever ends the process. Readers open the file while it is written and see whole
/// transactions. The file says nothing that the log does not: it can be deleted at any time.
///
/// One process at a time brings a file up to date; ``close()`` or letting go of the value ends that.
public final class ReadModel: Sendable {
  /// What an update did.
  public struct Update: Equatable, Sendable {
    /// The number of events in the tables now.
    public let position: Int
    /// How many events were added to the tables that serve.
    public let addedCount: Int
    /// Why the tables were built from the first event on; `nil` when they were not.
    public let buildReason: String?
  }

  /// The name of the file in a ledger's folder, when no other is asked for.
  public static let fileName = "read-model.sqlite"
  /// So many events are one transaction at most: more would hardly be faster, and a build that is
  /// stopped would take longer to notice.
  static let transactionEventCount = 50_000

  /// The file.
  public let path: String
  let ledger: Ledger
  private let disk: any Disk = PosixDisk()
  private let lock: Mutex<(any DiskFile)?>
  /// The tables, once they are known to be of this ledger.
  private let opened = Mutex<ReadModelStore?>(nil)

  /// The tables in a file, to be brought up to date by ``update(anew:progress:)``.
  ///
  /// - Parameters:
  ///   - path: The file; where there is none the first update makes it.
  ///   - ledger: What it is about.
  /// - Throws: ``LedgerError/badInput(_:)`` for a file that this program did not make, which stays
  ///   as it is; ``LedgerError/busy(_:)`` when another process, or another value in this one, brings
  ///   it up to date; ``LedgerError/inputOutput(_:)`` where nothing can be written.
  public init(at path: String, of ledger: Ledger) throws(LedgerError) {
    self.path = path
    self.ledger = ledger
    let content = try onReadModel(path) { () throws(ReadModelError) in
      try ReadModelStore.content(at: path)
    }
    if case .foreign(let reason) = content { throw foreign(path, reason) }
    lock = Mutex(try Self.lock(path, disk))
  }

  private static func lock(
    _ path: String,
    _ disk: any Disk
  ) throws(LedgerError) -> any DiskFile {
    let name = path + ".lock"
    let file: any DiskFile
    do throws(DiskError) {
      do throws(DiskError) {
        file = try disk.open(name, for: .readingAndWriting)
      } catch {
        guard error.isNotFound else { throw error }
        file = try disk.create(name)
      }
    } catch {
      throw .inputOutput(
        "The tables in \(path) cannot be written: \(error.message). Name a file elsewhere."
      )
    }
    guard try onDisk({ () throws(DiskError) in try file.tryLock(.exclusive) }) else {
      throw .busy("Another process brings the tables in \(path) up to date; leave it to that one.")
    }
    return file
  }

  /// Adds to the tables what was recorded since; builds them from nothing where there are none, and
  /// where those that are there are damaged, of another version, or not of this ledger's history.
  ///
  /// Built tables are made beside the old ones and take their place when they are whole; who has the
  /// old ones open goes on reading these.
  ///
  /// - Parameters:
  ///   - anew: Whether to build them in any case.
  ///   - progress: Told how far a long update is, from the calling thread.
  /// - Returns: What was done; the tables hold all events that the ledger showed at the beginning.
  /// - Throws: ``LedgerError/badInput(_:)`` for a file of something else, ``LedgerError/damaged(_:at:)``
  ///   when the log is, ``LedgerError/inputOutput(_:)``; the tables stay as after the last
  ///   transaction, and the next update goes on from there.
  /// - Complexity: O(events added), or O(events) when they are built.
  @discardableResult
  public func update(
    anew: Bool = false,
    progress: (@Sendable (Ledger.Progress) -> Void)? = nil
  ) throws(LedgerError) -> Update {
    let update = try update(anew: anew, progress, isStopped: { false })
    guard let update else { preconditionFailure("nobody stopped the update") }
    return update
  }

  /// As ``update(anew:progress:)``, until `isStopped`; then `nil`.
  func update(
    anew: Bool,
    _ progress: (@Sendable (Ledger.Progress) -> Void)?,
    isStopped: () -> Bool
  ) throws(LedgerError) -> Update? {
    let result: Result<Update?, LedgerError> = opened.withLock { store in
      do throws(LedgerError) {
        return .success(try update(&store, anew: anew, progress, isStopped))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func update(
    _ store: inout ReadModelStore?,
    anew: Bool,
    _ progress: (@Sendable (Ledger.Progress) -> Void)?,
    _ isStopped: () -> Bool
  ) throws(LedgerError) -> Update? {
    var reason = anew ? "it was asked for" : nil
    var (from, position) = (0, 0)
    do throws(ReadModelFailure) {
      if reason == nil { reason = try open(&store) }
      if reason == nil, let store {
        from = try onTables { () throws(ReadModelError) in try store.cursor() }.position
        position = try feed(store, from: from, progress, isStopped)
      }
    } catch .tables(.unusable(let problem)) {
      reason = "the file was damaged or of another version: \(problem)"
    } catch {
      throw ledgerError(error)
    }
    guard let reason else {
      return Update(position: position, addedCount: position - from, buildReason: nil)
    }
    do throws(ReadModelFailure) {
      guard let built = try build(&store, progress, isStopped) else { return nil }
      return Update(position: built, addedCount: built, buildReason: reason)
    } catch {
      throw ledgerError(error)
    }
  }

  /// Opens the tables that are there, unless they are open.
  ///
  /// - Returns: Why they have to be built anew; `nil` when `store` is what to go on with.
  private func open(_ store: inout ReadModelStore?) throws(ReadModelFailure) -> String? {
    if let known = store {
      if !known.isGone { return nil }
      // Somebody has deleted the file, which is safe.
      store = nil
    }
    switch try onTables({ () throws(ReadModelError) in try ReadModelStore.content(at: path) }) {
    case .nothing: return "there were none"
    case .otherVersion(let version): return "they were of version \(version)"
    case .foreign(let reason): throw .tables(.foreign(reason))
    case .tables: break
    }
    let found = try onTables { () throws(ReadModelError) in
      try ReadModelStore.open(at: path, isWritable: true)
    }
    let cursor = try onTables { () throws(ReadModelError) in try found.cursor() }
    if let reason = try mismatch(of: cursor) { return reason }
    store = found
    return nil
  }

  /// Why a cursor is not one of this ledger; `nil` when it is.
  private func mismatch(of cursor: ReadModelCursor) throws(ReadModelFailure) -> String? {
    do throws(LedgerError) {
      return try ledger.mismatch(of: cursor)
    } catch {
      throw .ledger(error)
    }
  }

  /// Builds tables beside those that serve, and puts them in their place.
  ///
  /// - Returns: The number of events in them; `nil` when the build was stopped.
  private func build(
    _ store: inout ReadModelStore?,
    _ progress: (@Sendable (Ledger.Progress) -> Void)?,
    _ isStopped: () -> Bool
  ) throws(ReadModelFailure) -> Int? {
    let new = path + ".new"
    try remove(new)
    let building = try onTables { () throws(ReadModelError) in
      try ReadModelStore.create(at: new, origin: ledger.origin)
    }
    let size = ledger.size
    guard try feed(building, from: 0, progress, isStopped) >= size else {
      try? building.close()
      try? remove(new)
      return nil
    }
    try onTables { () throws(ReadModelError) in try building.finish() }
    try swap(&store, for: new)
    let opened = try onTables { () throws(ReadModelError) in
      try ReadModelStore.open(at: path, isWritable: true)
    }
    store = opened
    // What was recorded meanwhile.
    let position = try onTables { () throws(ReadModelError) in try opened.cursor() }.position
    return try feed(opened, from: position, progress, isStopped)
  }

  /// Gives finished tables the name of those that serve.
  ///
  /// The write-ahead log of the old ones must not be there when the new ones have their name: SQLite
  /// would take it for theirs. So it is first put into the old file; who reads keeps both open.
  private func swap(
    _ store: inout ReadModelStore?,
    for new: String
  ) throws(ReadModelFailure) {
    var old = store
    store = nil
    // Only where there is a file: opening would make one, and take a log left behind for its own.
    if old == nil, (try? ReadModelStore.content(at: path)) == .tables {
      old = try? ReadModelStore.open(at: path, isWritable: true)
    }
    // A reader may still need the log, or the old tables be damaged: they go in any case.
    try? old?.checkpoint()
    try? old?.close()
    do throws(DiskError) {
      try disk.open(new, for: .readingAndWriting).sync()
      for suffix in ["-wal", "-shm", "-journal"] { try disk.remove(path + suffix) }
      try disk.rename(new, to: path)
      try disk.syncFolder(parentFolder(of: path))
    } catch {
      throw .disk(error)
    }
  }

  private func remove(_ new: String) throws(ReadModelFailure) {
    do throws(DiskError) {
      for suffix in ["", "-wal", "-shm", "-journal"] { try disk.remove(new + suffix) }
    } catch {
      throw .disk(error)
    }
  }

  /// Writes the events from `position` on that the ledger shows, some thousands a transaction.
  ///
  /// - Returns: The number of events in the tables: all that the ledger showed, unless `isStopped`.
  private func feed(
    _ store: ReadModelStore,
    from position: Int,
    _ progress: (@Sendable (Ledger.Progress) -> Void)?,
    _ isStopped: () -> Bool
  ) throws(ReadModelFailure) -> Int {
    var next = position
    let feed = ReadModelFeed(ledger)
    while next < feed.size, !isStopped() {
      next = try feed.write(from: next, to: store)
      progress?(Ledger.Progress(phase: "writing tables", done: next, total: feed.size))
    }
    return next
  }

  private func ledgerError(_ failure: ReadModelFailure) -> LedgerError {
    switch failure {
    case .ledger(let error): error
    case .tables(let error): LedgerError(error, path)
    case .disk(let error): .inputOutput("The tables in \(path) cannot be written: \(error)")
    }
  }

  /// Lets go of the file; a later update takes it again only through a new value.
  ///
  /// - Throws: ``LedgerError/inputOutput(_:)``; what was written is there all the same.
  public func close() throws(LedgerError) {
    let store = opened.withLock { store in
      defer { store = nil }
      return store
    }
    defer { lock.withLock { $0 = nil } }
    if let store { try onReadModel(path) { () throws(ReadModelError) in try store.close() } }
  }
}

/// The folder that a file is in.
private func parentFolder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
