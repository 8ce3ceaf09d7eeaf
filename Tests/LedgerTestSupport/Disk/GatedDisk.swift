internal import Dispatch
internal import Foundation
package import LedgerLog
internal import Synchronization

/// A real disk whose writes to the log's segments wait until a test lets them pass, one by one, well
/// or not.
package final class GatedDisk: Disk {
  /// What becomes of one write and its sync.
  package enum Passing: Sendable {
    case well
    /// The disk is full: nothing is written.
    case noSpace
    /// The sync fails: nobody knows what was written.
    case syncFails
  }

  private let disk = PosixDisk()
  private let gate = Gate()

  /// A disk whose gate is open.
  package init() {}

  /// Says when a write has come to the gate and waits there.
  package var arrivals: AsyncStream<Void> { gate.arrivals }

  /// Whether the last write to a segment was made by the thread that asks.
  package var wasWrittenHere: Bool {
    gate.lastWriter.withLock { $0 == ObjectIdentifier(Thread.current) }
  }

  /// From here on writes wait.
  package func close() { gate.isClosed.withLock { $0 = true } }

  /// Lets the write pass that waits.
  package func letPass(_ passing: Passing = .well) { gate.letPass(passing) }

  /// Whether reads of segments fail.
  package func failReads(_ isFailing: Bool) { gate.readsFail.withLock { $0 = isFailing } }

  /// From here on writes pass, also one that waits.
  package func open(letting passing: Passing) {
    gate.isClosed.withLock { $0 = false }
    gate.letPass(passing)
  }

  package func open(_ path: String, for access: DiskAccess) throws(DiskError) -> any DiskFile {
    guarded(try disk.open(path, for: access), path)
  }

  package func create(_ path: String) throws(DiskError) -> any DiskFile {
    guarded(try disk.create(path), path)
  }

  private func guarded(_ file: any DiskFile, _ path: String) -> any DiskFile {
    path.contains("/segments/") ? GatedFile(file, gate, path) : file
  }

  package func createFolder(_ path: String) throws(DiskError) { try disk.createFolder(path) }
  package func names(in folder: String) throws(DiskError) -> [String]? {
    try disk.names(in: folder)
  }
  package func rename(_ path: String, to new: String) throws(DiskError) {
    try disk.rename(path, to: new)
  }
  package func remove(_ path: String) throws(DiskError) { try disk.remove(path) }
  package func syncFolder(_ path: String) throws(DiskError) { try disk.syncFolder(path) }
  package func pause(milliseconds: Int) { disk.pause(milliseconds: milliseconds) }
}

/// Where writes wait.
private final class Gate: Sendable {
  let isClosed = Mutex(false)
  let readsFail = Mutex(false)
  let lastWriter = Mutex<ObjectIdentifier?>(nil)
  let arrivals: AsyncStream<Void>
  private let arrived: AsyncStream<Void>.Continuation
  private let passings = Mutex<[GatedDisk.Passing]>([])
  private let mayPass = DispatchSemaphore(value: 0)

  init() {
    (arrivals, arrived) = AsyncStream.makeStream()
  }

  func letPass(_ passing: GatedDisk.Passing) {
    passings.withLock { $0.append(passing) }
    mayPass.signal()
  }

  func pass() -> GatedDisk.Passing {
    guard isClosed.withLock(\.self) else { return .well }
    arrived.yield()
    mayPass.wait()
    return passings.withLock { $0.removeFirst() }
  }
}

private final class GatedFile: DiskFile {
  private let file: any DiskFile
  private let gate: Gate
  private let path: String
  private let syncFails = Mutex(false)

  init(_ file: any DiskFile, _ gate: Gate, _ path: String) {
    self.file = file
    self.gate = gate
    self.path = path
  }

  func write(_ bytes: Span<UInt8>, at offset: Int) throws(DiskError) {
    gate.lastWriter.withLock { $0 = ObjectIdentifier(Thread.current) }
    switch gate.pass() {
    case .well: break
    case .noSpace: throw failure("write", isNoSpace: true)
    case .syncFails: syncFails.withLock { $0 = true }
    }
    try file.write(bytes, at: offset)
  }

  func sync() throws(DiskError) {
    if syncFails.withLock(\.self) { throw failure("fdatasync", isNoSpace: false) }
    try file.sync()
  }

  private func failure(_ operation: String, isNoSpace: Bool) -> DiskError {
    DiskError(
      operation: operation,
      path: path,
      code: isNoSpace ? 28 : 5,
      message: isNoSpace ? "no space left" : "input/output error",
      isNoSpace: isNoSpace
    )
  }

  func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws(DiskError) -> Int {
    if gate.readsFail.withLock(\.self) { throw failure("read", isNoSpace: false) }
    return try file.read(count, at: offset, into: &buffer)
  }
  func truncate(to byteCount: Int) throws(DiskError) { try file.truncate(to: byteCount) }
  func byteCount() throws(DiskError) -> Int { try file.byteCount() }
  func tryLock(_ lock: DiskLock) throws(DiskError) -> Bool { try file.tryLock(lock) }
  func unlock() throws(DiskError) { try file.unlock() }
}
