internal import LedgerFormat
internal import LedgerProof

extension LogRecovery {
  /// Sees to it that where frames and a sealed segment stand side by side, a sound form is kept.
  ///
  /// A crash of sealing leaves both, and the frames count: opening removes the other. When their
  /// bytes are not what was written, and those of the sealed file are, the frames go to quarantine.
  ///
  /// - Throws: ``LogError/damaged(_:)`` when neither is sound, and nothing is changed then, or
  ///   ``LogError/disk(_:)``.
  func keepSoundForms() throws(LogError) {
    let names = try onDisk { () throws(DiskError) in try disk.names(in: folder.segments) } ?? []
    let frames = names.compactMap(LogFolder.firstPosition).sorted()
    let sealed = Set(names.compactMap(LogFolder.sealedFirstPosition))
    // Of the last frames every byte is read in any case.
    for position in frames.dropLast() where sealed.contains(position) {
      let after = sealed.union(frames).filter { $0 > position }.min() ?? position
      guard let damage = try damage(inFramesAt: position, to: after) else { continue }
      guard try isSound(position, before: after, hasFrames: frames.contains(after)) else {
        throw .damaged(damage)
      }
      try onDisk { () throws(DiskError) in try putAside(position) }
    }
  }

  private func damage(inFramesAt position: Int, to after: Int) throws(LogError) -> Damage? {
    let path = folder.segment(position)
    let file = try onDisk { () throws(DiskError) in try disk.open(path, for: .reading) }
    let byteCount = try onDisk { () throws(DiskError) in try file.byteCount() }
    var window = FileWindow(file, path)
    let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
    func damage(_ offset: Int, _ at: Int, _ reason: String) -> Damage {
      Damage(file: path, offset: offset, position: at, reason: reason)
    }
    let header: SegmentHeader
    do throws(FrameError) {
      header = try SegmentHeader(reading: window.buffer.span.extracting(bytes))
    } catch .newerVersion(let version) {
      throw .newerVersion(file: path, version: version)
    } catch {
      return damage(0, position, error.description)
    }
    guard let range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks),
      header.firstPosition == position
    else { return damage(0, position, "the file begins at position \(header.firstPosition)") }
    var walk = SegmentWalk(window, header, root: range.root)
    while true {
      switch try walk.next(limit: byteCount, checksBody: true) {
      case .frame: continue
      case .end where walk.size == after: return nil
      case .end: return damage(walk.offset, walk.size, "frames are missing")
      case .torn(let error): return damage(walk.offset, walk.size, error.description)
      case .misplaced(let problem): return damage(walk.offset, walk.size, problem)
      }
    }
  }

  /// Whether every byte of a sealed segment holds, and it ends as the file behind it says.
  private func isSound(
    _ position: Int,
    before after: Int,
    hasFrames: Bool
  ) throws(LogError) -> Bool {
    do throws(LogError) {
      let sealed = try SealedSegment(
        folder.sealed(position),
        firstPosition: position,
        OpenFiles(disk)
      )
      let range = try SealedCheck.run(sealed, disk)
      let path = hasFrames ? folder.segment(after) : folder.sealed(after)
      let bytes = try onDisk { () throws(DiskError) in
        let file = try disk.open(path, for: .reading)
        return try file.bytes(0..<min(SegmentHeader.byteCountMax, try file.byteCount()))
      }
      let next = try sound(path, 0, after) { () throws(FrameError) in
        try SegmentHeader(reading: bytes.span, as: hasFrames ? .frames : .sealed)
      }
      // The peaks before the next segment rest on all events, those before this one included.
      return sealed.end == after && next.identity == sealed.header.identity
        && next.peaks == range.peaks && next.recordedAtBefore == sealed.directory.recordedAt
    } catch {
      guard case .damaged = error else { throw error }
      return false
    }
  }

  /// Moves frames into quarantine.
  private func putAside(_ position: Int) throws(DiskError) {
    // The sealed file's name must be durable before the frames' goes.
    try disk.syncFolder(folder.segments)
    try disk.createFolder(folder.quarantine)
    try disk.syncFolder(folder.path)
    let name = LogFolder.name(position)
    let path = try unusedName("\(folder.quarantine)/\(name)")
    try disk.rename(folder.segment(position), to: path)
    try disk.syncFolder(folder.quarantine)
    try disk.syncFolder(folder.segments)
  }
}
