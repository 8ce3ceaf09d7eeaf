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
  /// Seals full segments; it does nothing before it is told to.
  package let sealer: Sealer
  /// What it has done, and whether it still appends.
  package let status: WriterStatus
  private let state: Mutex<WriterState>
  let staging: Mutex<FrameStaging>

  init(_ state: WriterState, _ directory: LogDirectory, _ folder: LogFolder, _ disk: any Disk) {
    identity = state.identity
    self.folder = folder
    self.disk = disk
    self.directory = directory
    sealer = Sealer(directory, folder, state.identity)
    staging = Mutex(FrameStaging(after: state.durableRange, recordedAt: state.durableRecordedAt))
    status = state.status
    self.state = Mutex(state)
  }

  deinit {
    // What has the lock no more must not touch the files.
    sealer.stop()
  }

  /// The number of events, those included that are staged.
  package var size: Int { staging.withLock { $0.size } }
  /// The number of events that are durable.
  package var durableSize: Int { directory.with { $0.size } }
  /// The root of the Merkle tree of ``size`` events.
  package var root: Hash256 { staging.withLock { $0.range.root } }
  /// When the last event was recorded, staged ones included; `nil` when there is none.
  package var lastRecordedAt: Instant? {
    staging.withLock { $0.size == 0 ? nil : Instant(milliseconds: $0.recordedAt) }
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
    try staging.withLock { (staging) throws(LogError) in try staging.stage(events, mark) }
  }

  /// Whether a batch can be recorded whole: whether one frame holds it.
  package static func fits(_ events: [Event]) -> Bool {
    events.count <= FrameHeader.eventCountMax
      && DetailSection.byteCountBound(of: events) <= FrameHeader.detailsByteCountMax
  }

  /// Frames that a commit will write; made by ``takeStaged()``.
  package struct StagedFrames: Sendable {
    fileprivate let frames: [FrameStaging.Frame]
  }

  /// Takes what is staged, to be committed; what is staged from here on follows it.
  ///
  /// So batches are staged while the frames before them are written. Frames are committed in the
  /// order in which they were taken.
  package func takeStaged() -> StagedFrames {
    staging.withLock { StagedFrames(frames: $0.takeFrames()) }
  }

  /// Makes frames durable: one write, one sync.
  ///
  /// Durable once this returns, and visible to readers. When it throws, nothing of the frames is
  /// recorded as far as this writer is concerned, and all that was staged after them must be dropped
  /// by ``dropStaged()`` before anything is staged anew.
  ///
  /// - Throws: ``LogError/noSpace(_:)``, after which appending may go on; any other error stops the
  ///   writer.
  package func commit(_ staged: StagedFrames) throws(LogError) {
    do throws(LogError) {
      try onState { (state) throws(LogError) in try state.commit(staged.frames, directory) }
    } catch {
      status.noteFailure()
      throw error
    }
  }

  /// Makes all that is staged durable: one write, one sync.
  ///
  /// Durable once this returns, and visible to readers. When it throws, nothing of what was staged
  /// is recorded as far as this writer is concerned, and ``size`` is what it was before.
  ///
  /// - Throws: As ``commit(_:)``.
  package func commit() throws(LogError) {
    do throws(LogError) {
      try commit(takeStaged())
    } catch {
      dropStaged()
      throw error
    }
  }

  /// Forgets what is staged, and what was taken and could not be committed.
  ///
  /// - Precondition: No commit is running, and none of the frames taken will be committed.
  package func dropStaged() {
    state.withLock { state in
      staging.withLock {
        $0.restart(after: state.durableRange, recordedAt: state.durableRecordedAt)
      }
    }
  }

  /// Writes a seal if anything was recorded since the last one.
  ///
  /// A seal says that all before it was durable, so that later damage to it cannot look like a torn
  /// write. The caller waits for 200 ms of idleness; ``close()`` seals too.
  package func sealIfIdle() throws(LogError) {
    guard staging.withLock(\.frames.isEmpty) else { return }
    try onState { (state) throws(LogError) in try state.seal(directory) }
  }

  /// Seals the log and lets go of it; staged batches are forgotten.
  package func close() throws(LogError) {
    sealer.stop()
    dropStaged()
    try onState { (state) throws(LogError) in
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

  /// Works with the state; what stops the writer stops staging too.
  private func onState<Value>(
    _ body: (inout WriterState) throws(LogError) -> Value
  ) throws(LogError) -> Value {
    try state.withLock { (state) throws(LogError) in
      defer {
        if let stoppedAfter = state.stoppedAfter {
          staging.withLock { $0.stoppedAfter = stoppedAfter }
          status.note(stoppedAfter: stoppedAfter)
        }
      }
      return try body(&state)
    }
  }
}
