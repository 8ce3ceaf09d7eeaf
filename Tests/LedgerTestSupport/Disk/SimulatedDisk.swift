internal import LedgerFormat
package import LedgerLog
internal import Synchronization

/// A disk in memory with two images: what programs see, and what a power cut would leave.
///
/// Bytes become durable by a sync of their file, names by a sync of their folder. What is in
/// between is lost, kept or torn as a seed says when ``afterCrash(seed:)`` is asked for. Faults are
/// switched on by ``plan(_:)``.
package final class SimulatedDisk: Disk {
  /// What the disk was after a call that changed it.
  struct Moment {
    let call: DiskCall
    let image: DiskImage
    /// What a write wrote: the file, the offset, the bytes.
    let written: (index: Int, offset: Int, bytes: [UInt8])?
  }

  struct State {
    var image = DiskImage()
    var plan = Plan()
    var counts: [DiskCall: Int] = [:]
    var hasStopped = false
    var moments: [Moment] = []
  }

  let state: Mutex<State>

  /// An empty disk.
  package init() {
    state = Mutex(State())
  }

  /// A disk that holds the given files, durably.
  package init(files: [String: [UInt8]], folders: Set<String> = []) {
    var image = DiskImage()
    image.names.folders.formUnion(folders)
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
      image.names.files[path] = image.nodes.count
      image.nodes.append(DiskImage.Node(live: bytes, durable: bytes))
      var folder = path
      while !folder.isEmpty {
        folder = DiskImage.folder(of: folder)
        image.names.folders.insert(folder)
      }
    }
    image.durableNames = image.names
    state = Mutex(State(image: image))
  }

  /// A disk that another process finds: the same, without the locks of the one that is gone.
  init(goingOnFrom image: DiskImage) {
    var image = image
    for index in image.nodes.indices {
      image.nodes[index].exclusive = nil
      image.nodes[index].shared = []
    }
    state = Mutex(State(image: image))
  }

  /// Switches faults on (or off), and counts from here.
  package func plan(_ plan: Plan) {
    state.withLock { state in
      state.plan = plan
      state.counts = [:]
    }
  }

  /// The number of syncs since the plan was made.
  package var syncCount: Int { count(of: .sync) }
  /// Whether the plan has stopped the machine.
  package var hasStopped: Bool { state.withLock { $0.hasStopped } }

  /// The number of calls of a kind since the plan was made.
  package func count(of call: DiskCall) -> Int { state.withLock { $0.counts[call] ?? 0 } }

  /// Every file as programs see it.
  package var files: [String: [UInt8]] { state.withLock { $0.image.files } }

  /// The disk as it is after a power cut now: what was synced, and of the rest what the seed says.
  package func afterCrash(seed: UInt64) -> SimulatedDisk {
    let (files, folders) = state.withLock { $0.image }.crashed(seed: seed)
    return SimulatedDisk(files: files, folders: folders)
  }

  /// The disk as it is after the process was killed: nothing is lost yet, locks are free.
  ///
  /// What was not synced still is not: a power cut later on may take it.
  package func afterKill() -> SimulatedDisk {
    SimulatedDisk(goingOnFrom: state.withLock { $0.image })
  }

  /// Changes a stored byte behind everybody's back.
  package func change(_ path: String, at index: Int, _ body: (inout UInt8) -> Void) {
    state.withLock { state in
      guard let node = state.image.names.files[path] else { return }
      body(&state.image.nodes[node].live[index])
    }
  }
}

// What was, when the plan keeps the moments.
extension SimulatedDisk {
  /// The number of calls that have changed the disk since moments are kept.
  package var momentCount: Int { state.withLock { $0.moments.count } }

  /// Which call made the moment, counted from 0.
  package func call(of moment: Int) -> DiskCall { state.withLock { $0.moments[moment].call } }

  /// The disk after a power cut right behind that call.
  package func afterCrash(at moment: Int, seed: UInt64) -> SimulatedDisk {
    let (files, folders) = state.withLock { $0.moments[moment].image }.crashed(seed: seed)
    return SimulatedDisk(files: files, folders: folders)
  }

  /// The disk after the process was killed right behind that call.
  package func afterKill(at moment: Int) -> SimulatedDisk {
    SimulatedDisk(goingOnFrom: state.withLock { $0.moments[moment].image })
  }

  /// How many bytes the call wrote; 0 when it was no write.
  package func writtenByteCount(at moment: Int) -> Int {
    state.withLock { $0.moments[moment].written?.bytes.count ?? 0 }
  }

  /// The disk after the process was killed in the middle of that write, when so many bytes of it
  /// were there.
  package func afterKill(within moment: Int, keeping byteCount: Int) -> SimulatedDisk {
    state.withLock { state in
      var image = moment == 0 ? DiskImage() : state.moments[moment - 1].image
      if let written = state.moments[moment].written {
        let kept = Array(written.bytes.prefix(byteCount))
        image.write(kept, at: written.offset, to: written.index)
      }
      return SimulatedDisk(goingOnFrom: image)
    }
  }
}

extension SimulatedDisk {
  package func open(_ path: String, for access: DiskAccess) throws(DiskError) -> any DiskFile {
    let index = try perform(.open, path) { (state, _) throws(DiskError) in
      guard let index = state.image.names.files[path] else { throw Self.error("open", path, 2) }
      return index
    }
    return SimulatedFile(self, index, path)
  }

  package func create(_ path: String) throws(DiskError) -> any DiskFile {
    let index = try perform(.create, path) { (state, _) throws(DiskError) in
      guard state.image.names.files[path] == nil else { throw Self.error("create", path, 17) }
      guard state.image.names.folders.contains(DiskImage.folder(of: path)) else {
        throw Self.error("create", path, 2)
      }
      let index = state.image.nodes.count
      state.image.nodes.append(DiskImage.Node())
      state.image.change(.create(path, index))
      return index
    }
    return SimulatedFile(self, index, path)
  }

  package func createFolder(_ path: String) throws(DiskError) {
    try perform(.createFolder, path) { (state, effect) throws(DiskError) in
      guard effect != .lost, !state.image.names.folders.contains(path) else { return }
      state.image.change(.createFolder(path))
    }
  }

  package func names(in folder: String) throws(DiskError) -> [String]? {
    try perform(.names, folder) { (state, _) throws(DiskError) in
      guard state.image.names.folders.contains(folder) else { return nil }
      return state.image.names.files.keys.filter { $0.hasPrefix(folder + "/") }
        .map { String($0.dropFirst(folder.count + 1)) }
        .filter { !$0.contains("/") }
    }
  }

  package func rename(_ path: String, to newPath: String) throws(DiskError) {
    try perform(.rename, path) { (state, effect) throws(DiskError) in
      guard state.image.names.files[path] != nil else { throw Self.error("rename", path, 2) }
      if effect != .lost { state.image.change(.rename(path, newPath)) }
    }
  }

  package func remove(_ path: String) throws(DiskError) {
    try perform(.remove, path) { (state, effect) throws(DiskError) in
      guard effect != .lost, state.image.names.files[path] != nil else { return }
      state.image.change(.remove(path))
    }
  }

  package func syncFolder(_ path: String) throws(DiskError) {
    let folder = path.hasSuffix("/..") ? DiskImage.folder(of: String(path.dropLast(3))) : path
    try sync(path) {
      $0.syncFolder(folder)
    } failing: { _ in
    }
  }

  package func pause(milliseconds: Int) {}

  /// Counts a sync, and lets it fail or stop the machine if that is the plan.
  func sync(
    _ path: String,
    _ body: (inout DiskImage) -> Void,
    failing: (inout DiskImage) -> Void
  ) throws(DiskError) {
    try perform(.sync, path, failing: failing) { (state, effect) throws(DiskError) in
      let number = state.counts[.sync]
      if number == state.plan.stopBeforeSync {
        state.hasStopped = true
        throw Self.error("sync", path, 5)
      }
      if number == state.plan.failingSync {
        failing(&state.image)
        throw Self.error("sync", path, 5)
      }
      if effect != .lost { body(&state.image) }
      if number == state.plan.stopAfterSync {
        state.hasStopped = true
        throw Self.error("sync", path, 5)
      }
    }
  }

  /// Does what a call asks for, or what the plan makes of it.
  ///
  /// - Parameters:
  ///   - call: The kind of call, which is counted.
  ///   - path: The file or folder, for the error.
  ///   - failing: What a call that fails does to the disk nevertheless.
  ///   - written: What a write is about to write.
  ///   - body: Does it; the plan may have an effect for it.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, or what the plan wants.
  func perform<Value: Sendable>(
    _ call: DiskCall,
    _ path: String,
    failing: (inout DiskImage) -> Void = { _ in },
    written: (index: Int, offset: Int, bytes: [UInt8])? = nil,
    _ body: (inout State, DiskFault.Effect?) throws(DiskError) -> Value
  ) throws(DiskError) -> Value {
    try state.withLock { (state) throws(DiskError) in
      if state.hasStopped { throw Self.error(call.rawValue, "the stopped machine", 5) }
      let number = (state.counts[call] ?? 0) + 1
      state.counts[call] = number
      if let code = state.plan.alwaysFailing[call] { throw Self.error(call.rawValue, path, code) }
      let fault = state.plan.faults.first { $0.call == call && $0.number == number }
      if case .error(let code)? = fault?.effect {
        failing(&state.image)
        throw Self.error(call.rawValue, path, code)
      }
      defer {
        if state.plan.keepsMoments, call.changes {
          state.moments.append(Moment(call: call, image: state.image, written: written))
        }
      }
      let value = try body(&state, fault?.effect)
      if case .errorAfterwards(let code)? = fault?.effect {
        throw Self.error(call.rawValue, path, code)
      }
      return value
    }
  }

  static func error(_ operation: String, _ path: String, _ code: Int32) -> DiskError {
    DiskError(
      operation: operation,
      path: path,
      code: code,
      message: "simulated error \(code)",
      isNoSpace: [27, 28, 122].contains(code),
      isNotFound: code == 2
    )
  }
}

extension DiskCall {
  /// Whether the disk may be another after the call.
  fileprivate var changes: Bool {
    switch self {
    case .create, .createFolder, .rename, .remove, .write, .sync, .truncate: true
    case .open, .names, .read, .byteCount: false
    }
  }
}
