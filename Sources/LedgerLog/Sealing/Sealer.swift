internal import LedgerFormat
internal import Synchronization

/// How far sealing is.
package struct SealingStatus: Sendable {
  /// The number of segments that were sealed since the log was opened.
  package var sealedCount = 0
  /// Why sealing waits for space on the disk; `nil` when it does not.
  package var waitsAfter: DiskError?
  /// Why nothing is sealed any more until the log is opened anew; `nil` when nothing is wrong.
  ///
  /// Appending and reading go on.
  package var trouble: LogError?
}

/// Rewrites full segments of frames as sealed ones, beside whoever appends and reads.
///
/// It changes no byte of the active segment, and takes the lock that readers and the writer share
/// only to exchange one entry. Safe to use from several threads.
package final class Sealer: Sendable {
  private struct State {
    var status = SealingStatus()
    /// The first positions of the segments in hand.
    var claimed: Set<Int> = []
    var thread: SystemThread?
  }

  private let directory: LogDirectory
  private let folder: LogFolder
  private let identity: LedgerIdentity
  private let syncByteCount: Int?
  private let state = Mutex(State())
  private let isStopped = Atomic(false)

  init(
    _ directory: LogDirectory,
    _ folder: LogFolder,
    _ identity: LedgerIdentity,
    syncByteCount: Int? = nil
  ) {
    self.directory = directory
    self.folder = folder
    self.identity = identity
    self.syncByteCount = syncByteCount
  }

  /// How far sealing is.
  package var status: SealingStatus { state.withLock { $0.status } }

  /// Starts a thread that seals each segment when the next one has begun; a second call does
  /// nothing.
  ///
  /// - Throws: ``LogError/disk(_:)`` when the system has no thread left.
  package func start() throws(LogError) {
    guard !isStopped.load(ordering: .acquiring), state.withLock({ $0.thread == nil }) else {
      return
    }
    let thread = try onDisk { () throws(DiskError) in
      let rolled = try Semaphore()
      directory.onRoll.withLock { $0 = { rolled.signal() } }
      return try SystemThread(share: .small) { [self] in
        while !isStopped.load(ordering: .acquiring) {
          while sealNext() {}
          rolled.wait()
        }
      }
    }
    state.withLock { $0.thread = thread }
  }

  /// Gives up the segments in hand, which leaves their frames as they are, and waits for that;
  /// nothing is sealed any more afterwards.
  package func stop() {
    isStopped.store(true, ordering: .releasing)
    directory.noteRoll()
    let thread = state.withLock { state in
      defer { state.thread = nil }
      return state.thread
    }
    thread?.join()
    directory.onRoll.withLock { $0 = nil }
  }

  /// Seals all segments but the active one before it returns, on all cores.
  ///
  /// - Parameters:
  ///   - threadCount: How many threads seal, the caller's included.
  ///   - progress: Called from the calling thread with the number of segments that are still frames.
  /// - Throws: ``LogError/noSpace(_:)``, after which it may be called again, or what stopped sealing.
  package func finishSealing(
    threadCount: Int = SystemThread.processorCount,
    progress: (Int) -> Void = { _ in }
  ) throws(LogError) {
    progress(waitingCount)
    var helpers: [SystemThread] = []
    for _ in 1..<max(1, min(threadCount, waitingCount)) {
      // Without helpers it only takes longer.
      guard let helper = try? SystemThread({ [self] in while sealNext() {} }) else { break }
      helpers.append(helper)
    }
    while sealNext() { progress(waitingCount) }
    for helper in helpers { helper.join() }
    // The background thread may have one in hand.
    while state.withLock({ !$0.claimed.isEmpty }) {
      directory.files.disk.pause(milliseconds: 5)
      while sealNext() { progress(waitingCount) }
    }
    let status = status
    if let trouble = status.trouble { throw trouble }
    if let error = status.waitsAfter { throw .noSpace(error) }
    progress(waitingCount)
  }

  /// The number of full segments that are still frames.
  package var waitingCount: Int {
    directory.with { $0.segments.dropLast().count { $0.sealed == nil } }
  }

  /// Seals one segment.
  ///
  /// - Returns: Whether it is worth trying the next one.
  private func sealNext() -> Bool {
    guard let (segment, end) = claim() else { return false }
    var sealing = SegmentSealing(folder: folder, identity: identity, files: directory.files) {
      [self] in isStopped.load(ordering: .relaxed)
    }
    if let syncByteCount { sealing.syncByteCount = syncByteCount }
    let outcome: Result<Void, LogError>
    do throws(LogError) {
      try exchange(segment, for: try sealing.seal(segment, end: end))
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    return state.withLock { state in
      state.claimed.remove(segment.firstPosition)
      switch outcome {
      case .success:
        state.status.sealedCount += 1
        state.status.waitsAfter = nil
        return true
      case .failure(.cancelled): return false
      case .failure(.noSpace(let error)):
        state.status.waitsAfter = error
        return false
      case .failure(let error):
        state.status.trouble = error
        return false
      }
    }
  }

  /// The first full segment of frames that nobody has in hand, and the position behind it.
  private func claim() -> (segment: LogSegment, end: Int)? {
    state.withLock { state in
      guard state.status.trouble == nil, !isStopped.load(ordering: .acquiring) else { return nil }
      let claimed = state.claimed
      let found: (segment: LogSegment, end: Int)? = directory.with { contents in
        let index = contents.segments.indices.dropLast().first { index in
          contents.segments[index].sealed == nil
            && !claimed.contains(contents.segments[index].firstPosition)
        }
        return index.map { (contents.segments[$0], contents.endPosition(of: $0)) }
      }
      if let found { state.claimed.insert(found.segment.firstPosition) }
      return found
    }
  }

  /// Shows the sealed segment to readers, and removes the frames.
  private func exchange(_ frames: LogSegment, for sealed: SealedSegment) throws(LogError) {
    guard directory.with({ $0.exchange(sealed) }) else {
      throw sealed.damage(0, sealed.firstPosition, "it does not fit between its neighbours")
    }
    directory.files.close(frames.path)
    try onDisk { () throws(DiskError) in
      try directory.files.disk.remove(frames.path)
      // A reader that found the frames before the exchange may have opened them again meanwhile.
      directory.files.close(frames.path)
      try directory.files.disk.syncFolder(folder.segments)
    }
  }
}
