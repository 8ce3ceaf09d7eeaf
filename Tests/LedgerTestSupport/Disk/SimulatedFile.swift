internal import LedgerFormat
internal import LedgerLog
internal import Synchronization

/// A file opened on a simulated disk.
final class SimulatedFile: DiskFile {
  private let disk: SimulatedDisk
  private let index: Int
  private let path: String

  init(_ disk: SimulatedDisk, _ index: Int, _ path: String) {
    self.disk = disk
    self.index = index
    self.path = path
  }

  deinit {
    disk.state.withLock { $0.image.unlock(index, ObjectIdentifier(self)) }
  }

  func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws(DiskError) -> Int {
    let index = index
    let bytes = try disk.perform(.read, path) { (state, effect) throws(DiskError) in
      let live = state.image.nodes[index].live
      var bytes = offset < live.count ? Array(live[offset..<min(offset + count, live.count)]) : []
      if case .garbled(let bit)? = effect, bit / 8 < bytes.count {
        bytes[bit / 8] ^= 1 << (bit % 8)
      }
      return bytes
    }
    buffer.replaceSubrange(0..<bytes.count, with: bytes)
    return bytes.count
  }

  func write(_ bytes: Span<UInt8>, at offset: Int) throws(DiskError) {
    var written: [UInt8] = []
    written.append(span: bytes)
    let (index, path) = (index, path)
    try disk.perform(.write, path, written: (index, offset, written)) {
      (state, effect) throws(DiskError) in
      var (kept, start) = (written, offset)
      var code: Int32?
      switch effect {
      case .lost: return
      case .misplaced(let distance): start += distance
      case .partial(let count, let number): (kept, code) = (Array(written.prefix(count)), number)
      default: break
      }
      if state.counts[.write] == state.plan.failingWrite {
        kept = Array(written.prefix(written.count / 2))
        code = 5
      } else if let byteCountMax = state.plan.byteCountMax {
        let excess =
          state.image.byteCount(with: written.count, at: offset, in: index) - byteCountMax
        if excess > 0 {
          kept = Array(written.prefix(max(0, written.count - excess)))
          code = 28
        }
      }
      state.image.write(kept, at: start, to: index)
      if let code { throw SimulatedDisk.error("write", path, code) }
    }
  }

  func sync() throws(DiskError) {
    let index = index
    // After a failed sync the pages are taken for clean: a later sync has nothing to write.
    try disk.sync(path) {
      $0.syncFile(index)
    } failing: {
      $0.nodes[index].unsynced = []
    }
  }

  func truncate(to byteCount: Int) throws(DiskError) {
    let index = index
    try disk.perform(.truncate, path) { (state, effect) throws(DiskError) in
      if effect == .lost { return }
      state.image.nodes[index].live.resize(to: byteCount)
      state.image.nodes[index].unsynced.append(.truncate(byteCount))
    }
  }

  func byteCount() throws(DiskError) -> Int {
    let index = index
    return try disk.perform(.byteCount, path) { (state, _) throws(DiskError) in
      state.image.nodes[index].live.count
    }
  }

  func tryLock(_ lock: DiskLock) throws(DiskError) -> Bool {
    disk.state.withLock { $0.image.tryLock(index, lock, ObjectIdentifier(self)) }
  }

  func unlock() throws(DiskError) {
    disk.state.withLock { $0.image.unlock(index, ObjectIdentifier(self)) }
  }
}

extension DiskImage {
  /// How many bytes all files together have when so many are written there.
  fileprivate func byteCount(with count: Int, at offset: Int, in index: Int) -> Int {
    nodes.reduce(0) { $0 + $1.live.count } + max(0, offset + count - nodes[index].live.count)
  }

  fileprivate mutating func tryLock(
    _ index: Int,
    _ lock: DiskLock,
    _ file: ObjectIdentifier
  ) -> Bool {
    if let holder = nodes[index].exclusive, holder != file { return false }
    if lock == .exclusive {
      guard nodes[index].shared.subtracting([file]).isEmpty else { return false }
      nodes[index].exclusive = file
    } else {
      nodes[index].shared.insert(file)
    }
    return true
  }

  fileprivate mutating func unlock(_ index: Int, _ file: ObjectIdentifier) {
    if nodes[index].exclusive == file { nodes[index].exclusive = nil }
    nodes[index].shared.remove(file)
  }
}
