internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// Frames that are made anew from the events of a sealed segment.
struct RemadeFrames {
  let folder: LogFolder
  let disk: any Disk

  /// Makes the file of frames of a segment, with its events before `end`; one that is there is left.
  ///
  /// - Parameters:
  ///   - firstPosition: Of the segment.
  ///   - end: The position behind the last event.
  /// - Throws: ``LogError/damaged(_:)``, ``LogError/noSpace(_:)`` or ``LogError/disk(_:)``.
  func make(_ firstPosition: Int, to end: Int) throws(LogError) {
    let name = LogFolder.name(firstPosition)
    let names = try onDisk { () throws(DiskError) in try disk.names(in: folder.segments) } ?? []
    guard !names.contains(name) else { return }
    let segment = try SealedSegment(
      folder.sealed(firstPosition),
      firstPosition: firstPosition,
      OpenFiles(disk)
    )
    let path = folder.segment(firstPosition)
    let unfinished = path + LogFolder.unfinishedSuffix
    do {
      try disk.remove(unfinished)
      let file = try disk.create(unfinished)
      try write(segment, to: end, file)
      try file.sync()
      try disk.rename(unfinished, to: path)
      try disk.syncFolder(folder.segments)
    } catch let error as DiskError {
      throw .writing(error)
    } catch let error as LogError {
      throw error
    } catch {
      preconditionFailure("the calls above throw nothing else")
    }
  }

  private func write(_ segment: SealedSegment, to end: Int, _ file: any DiskFile) throws {
    let header = SegmentHeader(
      identity: segment.header.identity,
      firstPosition: segment.firstPosition,
      recordedAtBefore: segment.header.recordedAtBefore,
      peaks: segment.header.peaks
    )
    var bytes: [UInt8] = []
    header.write(to: &bytes)
    try file.write(bytes.span, at: 0)
    guard
      let range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks)
    else { preconditionFailure("a segment header has a peak for each set bit") }
    var frames = Frames(file: file, identity: header.identity, offset: bytes.count, range: range)
    var marks = Marks(of: segment, to: end)
    for lower in stride(from: segment.firstPosition, to: end, by: 512) {
      var events: [Event] = []
      try segment.forEachEvent(lower..<min(lower + 512, end)) { event in
        events.append(event)
        return true
      }
      for event in events {
        if frames.isFull(for: event) { try frames.write(mark: []) }
        frames.append(event)
        if let mark = marks.mark(behind: event.position + 1) { try frames.write(mark: mark) }
      }
    }
    try frames.write(mark: [])
  }
}

extension RemadeFrames {
  /// Where the marks of a sealed segment go, which keeps their order and not their places.
  ///
  /// They are spread evenly over the events. When only a part of the events is sound, all marks stay
  /// as far as there are events for them: a mark that speaks of lost events makes an import leave out
  /// what was accepted as lost, while one that is gone would make it record events twice for ever.
  private struct Marks {
    private let marks: [[UInt8]]
    private let firstPosition: Int
    private let eventCount: Int
    private var next: Int

    init(of segment: SealedSegment, to end: Int) {
      firstPosition = segment.firstPosition
      eventCount = end - segment.firstPosition
      marks = Array(segment.directory.marks.suffix(eventCount))
      next = 0
    }

    /// The mark of the frame that ends before a position, where one does.
    mutating func mark(behind position: Int) -> [UInt8]? {
      guard next < marks.count,
        position == firstPosition + (next + 1) * eventCount / marks.count
      else { return nil }
      defer { next += 1 }
      return marks[next]
    }
  }

  /// Writes frames one behind the other.
  private struct Frames {
    /// As many events as one frame takes here, so that no more need be in memory.
    static let eventCountMax = 4_096

    let file: any DiskFile
    let identity: LedgerIdentity
    var offset: Int
    var range: CompactRange
    var events: [Event] = []
    var byteCount = 0

    /// Whether a frame with one more event would be larger than a frame may be.
    func isFull(for event: Event) -> Bool {
      events.count == Self.eventCountMax
        || byteCount + DetailSection.byteCountBound(of: event) > FrameHeader.detailsByteCountMax
    }

    mutating func append(_ event: Event) {
      events.append(event)
      byteCount += DetailSection.byteCountBound(of: event)
      range.append(leafHash(of: event))
    }

    /// Writes the frame, when it has events.
    mutating func write(mark: [UInt8]) throws(DiskError) {
      guard !events.isEmpty else { return }
      let bytes = LossFrames.commit(events, range, at: offset, identity, mark: mark)
      try file.write(bytes.span, at: offset)
      offset += bytes.count
      events.removeAll(keepingCapacity: true)
      byteCount = 0
    }
  }
}
