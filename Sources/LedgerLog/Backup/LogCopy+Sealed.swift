internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// How frames in the target give way to a sealed segment.
///
/// A log ends in frames, so the next segment's must be there before those of this one go; and they
/// may only follow frames that are complete. Each step leaves a log that opens and is no shorter.
extension LogCopy {
  /// Makes a file of frames without any, if the target has nothing of the segment.
  func beginSegment(like source: Source) throws(LogError) {
    guard try !positions().contains(source.firstPosition) else { return }
    let found = try header(of: source)
    let header = SegmentHeader(
      identity: found.identity,
      firstPosition: found.firstPosition,
      recordedAtBefore: found.recordedAtBefore,
      peaks: found.peaks
    )
    try write(to: target.segment(source.firstPosition)) { file throws(LogError) in
      var bytes: [UInt8] = []
      header.write(to: &bytes)
      do throws(DiskError) {
        try file.write(bytes.span, at: 0)
      } catch {
        throw .writing(error)
      }
    }
  }

  /// Removes the frames of a segment that the target has sealed too, once all of the sealed file is
  /// verified; one that is not sound is removed instead.
  func removeFrames(
    of source: Source,
    before next: Source,
    _ reader: LogReader
  ) throws(LogError) {
    let path = target.segment(source.firstPosition)
    let names = try onDisk { () throws(DiskError) in try disk.names(in: target.segments) } ?? []
    guard names.contains(LogFolder.name(source.firstPosition)) else { return }
    if isNew { return try remove(path) }
    let segment: SealedSegment
    do throws(LogError) {
      segment = try SealedSegment(
        target.sealed(source.firstPosition),
        firstPosition: source.firstPosition,
        OpenFiles(disk)
      )
      try SealedCheck.run(segment, disk)
      guard segment.header.identity == reader.identity, segment.end == next.firstPosition,
        try reader.root(at: segment.end) == segment.directory.root
      else { throw segment.damage(0, segment.firstPosition, "it is not the log's segment") }
    } catch .damaged(let damage) {
      // The next run copies it anew.
      try remove(target.sealed(source.firstPosition))
      throw .damaged(damage)
    }
    if try positions().allSatisfy({ $0 <= source.firstPosition }) {
      try complete(path, from: segment)
      try beginSegment(like: next)
    }
    try remove(path)
  }

  /// Adds to the frames in the target what the sealed segment has more.
  private func complete(_ path: String, from segment: SealedSegment) throws(LogError) {
    let frames = try onDisk { () throws(DiskError) in try disk.open(path, for: .reading) }
    let byteCount = try onDisk { () throws(DiskError) in try frames.byteCount() }
    var window = FileWindow(frames, path)
    let start = try window.load(SegmentHeader.byteCountMax, at: 0)
    let header = try sound(path, 0, segment.firstPosition) { () throws(FrameError) in
      try SegmentHeader(reading: window.buffer.span.extracting(start))
    }
    guard var range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks) else {
      preconditionFailure("a segment header has a peak for each set bit")
    }
    var walk = SegmentWalk(window, header, root: range.root)
    var marks = segment.directory.marks[...]
    while case .frame(let frame, _) = try walk.next(limit: byteCount, checksBody: true) {
      if !frame.mark.isEmpty { marks = marks.dropFirst() }
    }
    let (size, end) = (walk.size, walk.offset)
    guard size < segment.end else { return }
    try segment.forEachEvents(segment.firstPosition..<size, by: 4_096) { events in
      for event in events { range.append(leafHash(of: event)) }
    }
    guard range.root == walk.root else {
      throw segment.damage(0, size, "the sealed segment is not the one that its frames were")
    }
    // A frame has one mark at most.
    let step = max(1, min(4_096, (segment.end - size) / max(1, marks.count)))
    try write(to: path) { file throws(LogError) in
      var offset = 0
      func append(_ bytes: [UInt8]) throws(LogError) {
        do throws(DiskError) {
          try file.write(bytes.span, at: offset)
        } catch {
          throw .writing(error)
        }
        offset += bytes.count
      }
      while offset < end {
        let stretch = offset..<min(offset + 1 << 20, end)
        try append(try onDisk { () throws(DiskError) in try frames.bytes(stretch) })
      }
      try segment.forEachEvents(size..<segment.end, by: step) { events throws(LogError) in
        for event in events { range.append(leafHash(of: event)) }
        let mark = marks.popFirst() ?? []
        try append(LossFrames.commit(events, range, at: offset, header.identity, mark: mark))
      }
    }
  }

  private func positions() throws(LogError) -> [Int] {
    let names = try onDisk { () throws(DiskError) in try disk.names(in: target.segments) } ?? []
    return names.compactMap(LogFolder.anyFirstPosition)
  }

  private func header(of source: Source) throws(LogError) -> SegmentHeader {
    let path = "\(self.source.segments)/\(source.name)"
    var window = FileWindow(source.file, path)
    let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
    return try sound(path, 0, source.firstPosition) { () throws(FrameError) in
      try SegmentHeader(
        reading: window.buffer.span.extracting(bytes),
        as: source.isSealed ? .sealed : .frames
      )
    }
  }

  /// Writes a file that has its name only once all of it is durable.
  private func write(
    to path: String,
    _ body: (any DiskFile) throws(LogError) -> Void
  ) throws(LogError) {
    let unfinished = path + LogFolder.unfinishedSuffix
    let file: any DiskFile
    do throws(DiskError) {
      try disk.remove(unfinished)
      file = try disk.create(unfinished)
    } catch {
      throw .writing(error)
    }
    try body(file)
    do throws(DiskError) {
      try file.sync()
      try disk.rename(unfinished, to: path)
      try disk.syncFolder(target.segments)
    } catch {
      throw .writing(error)
    }
  }

  private func remove(_ path: String) throws(LogError) {
    do throws(DiskError) {
      try disk.remove(path)
      try disk.syncFolder(target.segments)
    } catch {
      throw .writing(error)
    }
  }
}

extension SealedSegment {
  /// Hands over the events of some positions, at most `step` at a time.
  fileprivate func forEachEvents(
    _ positions: Range<Int>,
    by step: Int,
    _ body: ([Event]) throws(LogError) -> Void
  ) throws(LogError) {
    for lower in stride(from: positions.lowerBound, to: positions.upperBound, by: step) {
      var events: [Event] = []
      try forEachEvent(lower..<min(lower + step, positions.upperBound)) { event in
        events.append(event)
        return true
      }
      try body(events)
    }
  }
}
