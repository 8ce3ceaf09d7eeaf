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
    disk.state.withLock { state in
      if state.nodes[index].exclusive == ObjectIdentifier(self) {
        state.nodes[index].exclusive = nil
      }
      state.nodes[index].shared.remove(ObjectIdentifier(self))
    }
  }

  func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws(DiskError) -> Int {
    let index = index
    let bytes = try disk.change { (state) throws(DiskError) in
      let live = state.nodes[index].live
      return offset < live.count ? Array(live[offset..<min(offset + count, live.count)]) : []
    }
    buffer.replaceSubrange(0..<bytes.count, with: bytes)
    return bytes.count
  }

  func write(_ bytes: Span<UInt8>, at offset: Int) throws(DiskError) {
    var written: [UInt8] = []
    written.append(span: bytes)
    let (index, path) = (index, path)
    try disk.change { (state) throws(DiskError) in
      state.writeCount += 1
      var kept = written
      var code: Int32?
      if state.writeCount == state.plan.failingWrite {
        kept = Array(written.prefix(written.count / 2))
        code = 5
      } else if let byteCountMax = state.plan.byteCountMax {
        let used = state.nodes.reduce(0) { $0 + $1.live.count }
        let grown = max(0, offset + written.count - state.nodes[index].live.count)
        if used + grown > byteCountMax {
          kept = Array(written.prefix(max(0, written.count - (used + grown - byteCountMax))))
          code = 28
        }
      }
      SimulatedDisk.put(kept, at: offset, in: &state.nodes[index].live)
      state.nodes[index].unsynced.append(.write(offset, kept))
      if let code { throw SimulatedDisk.error("write", path, code) }
    }
  }

  func sync() throws(DiskError) {
    let index = index
    try disk.sync(path) { state in
      for change in state.nodes[index].unsynced {
        switch change {
        case .write(let offset, let bytes):
          SimulatedDisk.put(bytes, at: offset, in: &state.nodes[index].durable)
        case .truncate(let byteCount):
          state.nodes[index].durable.resize(to: byteCount)
        }
      }
      state.nodes[index].unsynced = []
    } failing: { state in
      // The pages are taken for clean: a later sync has nothing to write.
      state.nodes[index].unsynced = []
    }
  }

  func truncate(to byteCount: Int) throws(DiskError) {
    let index = index
    try disk.change { (state) throws(DiskError) in
      state.nodes[index].live.resize(to: byteCount)
      state.nodes[index].unsynced.append(.truncate(byteCount))
    }
  }

  func byteCount() throws(DiskError) -> Int {
    let index = index
    return try disk.change { (state) throws(DiskError) in state.nodes[index].live.count }
  }

  func tryLock(_ lock: DiskLock) throws(DiskError) -> Bool {
    let (index, me) = (index, ObjectIdentifier(self))
    return try disk.change { (state) throws(DiskError) in
      let others = state.nodes[index].shared.subtracting([me])
      if let holder = state.nodes[index].exclusive, holder != me { return false }
      if lock == .exclusive, !others.isEmpty { return false }
      if lock == .exclusive {
        state.nodes[index].exclusive = me
      } else {
        state.nodes[index].shared.insert(me)
      }
      return true
    }
  }

  func unlock() throws(DiskError) {
    let (index, me) = (index, ObjectIdentifier(self))
    try disk.change { (state) throws(DiskError) in
      if state.nodes[index].exclusive == me { state.nodes[index].exclusive = nil }
      state.nodes[index].shared.remove(me)
    }
  }
}
