internal import LedgerFormat
package import LedgerLog
internal import Synchronization

/// A disk in memory with two images: what programs see, and what a power cut would leave.
///
/// Bytes become durable by a sync of their file, names by a sync of their folder. What is in
/// between is lost, kept or torn as a seed says when ``afterCrash(seed:)`` is asked for. Faults are
/// switched on by ``plan(_:)``.
package final class SimulatedDisk: Disk {
  /// What shall go wrong, and when; calls are counted from 1 since the plan was made.
  package struct Plan {
    /// The sync that fails with EIO, its unsynced bytes taken for clean as Linux does.
    package var failingSync: Int?
    /// The write that fails with EIO half-way.
    package var failingWrite: Int?
    /// The sync before which the machine stops; every call from then on fails.
    package var stopBeforeSync: Int?
    /// The sync after which the machine stops.
    package var stopAfterSync: Int?
    /// How many bytes all files together may have.
    package var byteCountMax: Int?

    /// A plan; what is `nil` does not go wrong.
    package init(
      failingSync: Int? = nil,
      failingWrite: Int? = nil,
      stopBeforeSync: Int? = nil,
      stopAfterSync: Int? = nil,
      byteCountMax: Int? = nil
    ) {
      self.failingSync = failingSync
      self.failingWrite = failingWrite
      self.stopBeforeSync = stopBeforeSync
      self.stopAfterSync = stopAfterSync
      self.byteCountMax = byteCountMax
    }
  }

  enum Change {
    case write(Int, [UInt8])
    case truncate(Int)
  }

  struct Node {
    var live: [UInt8] = []
    var durable: [UInt8] = []
    var unsynced: [Change] = []
    var exclusive: ObjectIdentifier?
    var shared: Set<ObjectIdentifier> = []
  }

  enum NameChange {
    case create(String, Int)
    case rename(String, String)
    case remove(String)
  }

  struct State {
    var nodes: [Node] = []
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    var unsyncedNames: [NameChange] = []
    var folders: Set<String> = []
    var plan = Plan()
    var syncCount = 0
    var writeCount = 0
    var hasStopped = false
  }

  let state: Mutex<State>

  /// An empty disk.
  package init() {
    state = Mutex(State())
  }

  /// A disk that holds the given files, durably.
  package init(files: [String: [UInt8]], folders: Set<String> = []) {
    var initial = State()
    initial.folders = folders
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
      initial.names[path] = initial.nodes.count
      initial.nodes.append(Node(live: bytes, durable: bytes))
      var folder = path[...]
      while let slash = folder.lastIndex(of: "/") {
        folder = folder[..<slash]
        initial.folders.insert(String(folder))
      }
    }
    initial.durableNames = initial.names
    state = Mutex(initial)
  }

  /// Switches faults on (or off), and counts from here.
  package func plan(_ plan: Plan) {
    state.withLock { state in
      state.plan = plan
      state.syncCount = 0
      state.writeCount = 0
    }
  }

  /// The number of syncs since the plan was made.
  package var syncCount: Int { state.withLock { $0.syncCount } }
  /// Whether the plan has stopped the machine.
  package var hasStopped: Bool { state.withLock { $0.hasStopped } }

  /// Every file as programs see it.
  package var files: [String: [UInt8]] {
    state.withLock { state in state.names.mapValues { state.nodes[$0].live } }
  }

  /// The disk as it is after a power cut now: what was synced, and of the rest what the seed says.
  package func afterCrash(seed: UInt64) -> SimulatedDisk {
    var generator = SeededGenerator(seed: seed)
    return state.withLock { state in
      var names = state.durableNames
      let kept = Int.random(in: 0...state.unsyncedNames.count, using: &generator)
      for change in state.unsyncedNames.prefix(kept) { Self.apply(change, to: &names) }
      var files: [String: [UInt8]] = [:]
      for (path, index) in names.sorted(by: { $0.key < $1.key }) {
        files[path] = Self.crashed(state.nodes[index], &generator)
      }
      return SimulatedDisk(files: files, folders: state.folders)
    }
  }

  /// The disk as it is after the process was killed: nothing is lost, locks are free.
  package func afterKill() -> SimulatedDisk {
    SimulatedDisk(files: files, folders: state.withLock { $0.folders })
  }

  /// Changes a stored byte behind everybody's back.
  package func change(_ path: String, at index: Int, _ body: (inout UInt8) -> Void) {
    state.withLock { state in
      guard let node = state.names[path] else { return }
      body(&state.nodes[node].live[index])
    }
  }

  static func apply(_ change: NameChange, to names: inout [String: Int]) {
    switch change {
    case .create(let path, let index): names[path] = index
    case .rename(let path, let newPath):
      names[newPath] = names[path]
      names[path] = nil
    case .remove(let path): names[path] = nil
    }
  }

  /// A file of which each unsynced change is there, is not, or is there in part: by sectors that
  /// are written, zero, garbage or missing, in any order.
  private static func crashed(_ node: Node, _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = node.durable
    let style = Int.random(in: 0..<4, using: &generator)
    for change in node.unsynced {
      switch change {
      case .truncate(let byteCount):
        if Bool.random(using: &generator) { bytes.resize(to: byteCount) }
      case .write(let offset, let written):
        switch style {
        case 0: continue
        case 1: put(written, at: offset, in: &bytes)
        case 2:
          let count = Int.random(in: 0...written.count, using: &generator)
          put(Array(written.prefix(count)), at: offset, in: &bytes)
        default: putSectors(written, at: offset, in: &bytes, &generator)
        }
      }
    }
    return bytes
  }

  private static func putSectors(
    _ written: [UInt8],
    at offset: Int,
    in bytes: inout [UInt8],
    _ generator: inout SeededGenerator
  ) {
    let sector = 1 << Int.random(in: 4...9, using: &generator)
    // The file may grow before its bytes are there.
    if Bool.random(using: &generator) { bytes.resize(to: max(bytes.count, offset + written.count)) }
    for start in stride(from: 0, to: written.count, by: sector) {
      let end = min(start + sector, written.count)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: continue
      case 1:
        let garbage = (start..<end).map { _ in UInt8.random(in: 0...255, using: &generator) }
        put(garbage, at: offset + start, in: &bytes)
      default: put(Array(written[start..<end]), at: offset + start, in: &bytes)
      }
    }
  }

  static func put(_ written: [UInt8], at offset: Int, in bytes: inout [UInt8]) {
    guard !written.isEmpty else { return }
    if bytes.count < offset + written.count { bytes.resize(to: offset + written.count) }
    bytes.replaceSubrange(offset..<(offset + written.count), with: written)
  }
}

extension SimulatedDisk {
  package func open(_ path: String, for access: DiskAccess) throws(DiskError) -> any DiskFile {
    let index = try change { (state) throws(DiskError) in
      guard let index = state.names[path] else { throw Self.error("open", path, 2) }
      return index
    }
    return SimulatedFile(self, index, path)
  }

  package func create(_ path: String) throws(DiskError) -> any DiskFile {
    let index = try change { (state) throws(DiskError) in
      guard state.names[path] == nil else { throw Self.error("create", path, 17) }
      let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
      guard state.folders.contains(folder) else { throw Self.error("create", path, 2) }
      let index = state.nodes.count
      state.nodes.append(Node())
      state.names[path] = index
      state.unsyncedNames.append(.create(path, index))
      return index
    }
    return SimulatedFile(self, index, path)
  }

  package func createFolder(_ path: String) throws(DiskError) {
    try change { (state) throws(DiskError) in _ = state.folders.insert(path) }
  }

  package func names(in folder: String) throws(DiskError) -> [String]? {
    try change { (state) throws(DiskError) in
      guard state.folders.contains(folder) else { return nil }
      return state.names.keys.filter { $0.hasPrefix(folder + "/") }
        .map { String($0.dropFirst(folder.count + 1)) }
        .filter { !$0.contains("/") }
    }
  }

  package func rename(_ path: String, to newPath: String) throws(DiskError) {
    try change { (state) throws(DiskError) in
      guard state.names[path] != nil else { throw Self.error("rename", path, 2) }
      state.unsyncedNames.append(.rename(path, newPath))
      Self.apply(.rename(path, newPath), to: &state.names)
    }
  }

  package func remove(_ path: String) throws(DiskError) {
    try change { (state) throws(DiskError) in
      guard state.names[path] != nil else { return }
      state.unsyncedNames.append(.remove(path))
      state.names[path] = nil
    }
  }

  package func syncFolder(_ path: String) throws(DiskError) {
    guard !path.hasSuffix("/..") else { return }
    try sync(path) { state in
      // One journal for all folders: coarser than some file systems, never finer than the calls.
      state.durableNames = state.names
      state.unsyncedNames = []
    }
  }

  package func pause(milliseconds: Int) {}

  /// Counts a sync, and lets it fail or stop the machine if that is the plan.
  func sync(
    _ path: String,
    _ body: (inout State) -> Void,
    failing: (inout State) -> Void = { _ in }
  )
    throws(DiskError)
  {
    try change { (state) throws(DiskError) in
      state.syncCount += 1
      if state.syncCount == state.plan.stopBeforeSync {
        state.hasStopped = true
        throw Self.error("sync", path, 5)
      }
      if state.syncCount == state.plan.failingSync {
        failing(&state)
        throw Self.error("sync", path, 5)
      }
      body(&state)
      if state.syncCount == state.plan.stopAfterSync {
        state.hasStopped = true
        throw Self.error("sync", path, 5)
      }
    }
  }

  func change<Value: Sendable>(
    _ body: (inout State) throws(DiskError) -> Value
  ) throws(DiskError) -> Value {
    try state.withLock { (state) throws(DiskError) in
      if state.hasStopped { throw Self.error("call", "the stopped machine", 5) }
      return try body(&state)
    }
  }

  static func error(_ operation: String, _ path: String, _ code: Int32) -> DiskError {
    DiskError(
      operation: operation,
      path: path,
      code: code,
      message: "simulated error \(code)",
      isNoSpace: code == 28,
      isNotFound: code == 2
    )
  }
}
