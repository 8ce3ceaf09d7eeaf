internal import Synchronization

/// The files of a log that are open for reading, so that each read need not open one; and a bound
/// on what sealed segments keep of theirs in memory.
final class OpenFiles: Sendable {
  /// A segment that keeps so many bytes in memory; it holds on to this, not this to it.
  private struct Keeper {
    weak var segment: SealedSegment?
    var byteCount: Int
  }

  private struct State {
    var files: [String: any DiskFile] = [:]
    /// Longest ago first.
    var keepers: [Keeper] = []
    var keptByteCount = 0
  }

  /// The disk that they are on.
  let disk: any Disk
  private let state = Mutex(State())
  private let keptByteCountMax: Int
  /// How many are kept; a ledger of many segments must not use up the process's descriptors.
  private static let countMax = 192

  /// Keeps at most about `keptByteCountMax` bytes of sealed segments in memory.
  init(_ disk: any Disk, keptByteCountMax: Int = 96 << 20) {
    self.disk = disk
    self.keptByteCountMax = keptByteCountMax
  }

  /// The open file of that path.
  func file(_ path: String) throws(DiskError) -> any DiskFile {
    if let file = state.withLock({ $0.files[path] }) { return file }
    let file: any DiskFile
    do {
      file = try disk.open(path, for: .reading)
    } catch  where !error.isNotFound {
      // When descriptors have run out, those kept here are not needed.
      state.withLock { $0.files.removeAll() }
      file = try disk.open(path, for: .reading)
    }
    state.withLock { state in
      if state.files.count >= Self.countMax { state.files.removeAll(keepingCapacity: true) }
      state.files[path] = file
    }
    return file
  }

  /// Lets go of a file that is not needed any more.
  func close(_ path: String) {
    state.withLock { $0.files[path] = nil }
  }

  /// Notes that a segment keeps so many bytes more; who has kept longest forgets when it is too much.
  func note(_ keeper: SealedSegment, keeps byteCount: Int) {
    let forgetful = state.withLock { state in
      state.keepers.append(Keeper(segment: keeper, byteCount: byteCount))
      state.keptByteCount += byteCount
      var count = 0
      while state.keptByteCount > keptByteCountMax, count < state.keepers.count - 1 {
        state.keptByteCount -= state.keepers[count].byteCount
        count += 1
      }
      let forgetful = state.keepers.prefix(count).compactMap(\.segment)
      state.keepers.removeFirst(count)
      return forgetful
    }
    for segment in forgetful { segment.forget() }
  }
}
