package import LedgerCore
package import LedgerFormat
internal import LedgerProof
internal import Synchronization

/// Appends to a log: the only one who does, as the lock sees to.
///
/// Batches are staged, then made durable together by one write and one sync. Nothing is visible to
/// readers before it is durable. Safe to use from several threads; calls block on the disk and
/// belong on a thread of their own.
///
/// After a failed write or sync nothing is appended any more (``LogError/stopped(after:)``) until
/// the log is opened anew, for nobody knows what the disk holds; a full disk is the exception.
package final class LogWriter: Sendable {
  /// The ledger's identity.
  package let identity: LedgerIdentity
  let folder: LogFolder
  private let disk: any Disk
  private let directory: LogDirectory
  private let state: Mutex<WriterState>

  init(_ state: WriterState, _ directory: LogDirectory, _ folder: LogFolder, _ disk: any Disk) {
    identity = state.identity
    self.folder = folder
    self.disk = disk
    self.directory = directory
    self.state = Mutex(state)
  }

  /// The number of events, those included that are staged.
  package var size: Int { state.withLock { $0.size } }
  /// The number of events that are durable.
  package var durableSize: Int { directory.with { $0.size } }
  /// The root of the Merkle tree of ``size`` events.
  package var root: Hash256 { state.withLock { $0.range.root } }
  /// When the last event was recorded, staged ones included; `nil` when there is none.
  package var lastRecordedAt: Instant? {
    state.withLock { $0.size == 0 ? nil : Instant(milliseconds: $0.recordedAt) }
  }

  /// A reader in the same process, which sees each event as soon as it is durable.
  package func reader() -> LogReader {
    LogReader(directory, identity, folder, disk, isBesideWriter: true)
  }

  /// Stages a batch, which will be recorded whole or not at all.
  ///
  /// Small batches share a frame; a batch is never split over two.
  ///
  /// - Parameters:
  ///   - events: At least one, at the positions from ``size`` on, none recorded before the one
  ///     before it.
  ///   - mark: At most 96 bytes to keep atomically with the batch, or `nil`.
  /// - Throws: ``LogError/eventTooLarge(position:byteCount:)``,
  ///   ``LogError/batchTooLarge(eventCount:byteCount:)`` or ``LogError/stopped(after:)``; then
  ///   nothing of the batch is staged.
  package func append(_ events: [Event], mark: [UInt8]? = nil) throws(LogError) {
    try state.withLock { (state) throws(LogError) in try state.stage(events, mark) }
  }

  /// Whether a batch can be recorded whole: whether one frame holds it.
  package static func fits(_ events: [Event]) -> Bool {
    events.count <= FrameHeader.eventCountMax
      && DetailSection.byteCountBound(of: events) <= FrameHeader.detailsByteCountMax
  }

  /// Makes all that is staged durable: one write, one sync.
  ///
  /// Durable once this returns, and visible to readers. When it throws, nothing of what was staged
  /// is recorded as far as this writer is concerned, and ``size`` is what it was before.
  ///
  /// - Throws: ``LogError/noSpace(_:)``, after which appending may go on; any other error stops the
  ///   writer.
  package func commit() throws(LogError) {
    try state.withLock { (state) throws(LogError) in try state.commit(directory) }
  }

  /// Forgets what is staged.
  package func dropStaged() {
    state.withLock { $0.dropStaged() }
  }

  /// Writes a seal if anything was recorded since the last one.
  ///
  /// A seal says that all before it was durable, so that later damage to it cannot look like a torn
  /// write. The caller waits for 200 ms of idleness; ``close()`` seals too.
  package func sealIfIdle() throws(LogError) {
    try state.withLock { (state) throws(LogError) in
      try state.seal(directory)
    }
  }

  /// Seals the log and lets go of it; staged batches are forgotten.
  package func close() throws(LogError) {
    try state.withLock { (state) throws(LogError) in
      state.dropStaged()
      defer { state.close() }
      guard state.stoppedAfter == nil else { return }
      do throws(LogError) {
        try state.seal(directory)
      } catch .noSpace {
        // Everything recorded is durable; the seal only has to wait for the next opening.
      } catch {
        throw error
      }
    }
  }
}
