internal import LedgerCore
package import LedgerFormat
internal import LedgerProof

/// What a full walk through a log found to be true.
package struct LogVerification: Equatable, Sendable {
  /// The number of events.
  package let size: Int
  /// The root of the tree over them, computed anew.
  package let root: Hash256
  /// The number of namespaces with events, the ledger's own not counted.
  package let namespaceCount: Int
}

extension LogReader {
  /// Walks through the whole log up to ``size`` and checks every stored byte: headers, checksums,
  /// leaves, roots, the order of positions and times, and that each namespace's versions count up.
  ///
  /// - Parameter progress: Called once a frame with the number of events checked.
  /// - Returns: What is true of the log.
  /// - Throws: ``LogError/damaged(_:)`` that names the first place that is wrong, or
  ///   ``LogError/disk(_:)``.
  /// - Complexity: O(n) hashes; 16 bytes and more of memory for each namespace.
  package func verify(progress: (Int) -> Void = { _ in }) throws(LogError) -> LogVerification {
    let (segments, size, end) = directory.with { ($0.segments, $0.size, $0.end) }
    var check = LogCheck()
    for (index, segment) in segments.enumerated() {
      try verify(segment, isLast: index == segments.count - 1, end, &check, progress)
    }
    guard check.range.leafCount == size else {
      preconditionFailure("the frames of the directory do not add up to its size")
    }
    return LogVerification(
      size: size,
      root: check.range.root,
      namespaceCount: check.versions.keys.count { $0 != 0 }
    )
  }

  private func verify(
    _ segment: LogSegment,
    isLast: Bool,
    _ end: Int,
    _ check: inout LogCheck,
    _ progress: (Int) -> Void
  ) throws(LogError) {
    let opened = try onDisk { () throws(DiskError) in try disk.open(segment.path, for: .reading) }
    let byteCount = try onDisk { () throws(DiskError) in try opened.byteCount() }
    var window = FileWindow(opened, segment.path)
    let header = try check.header(&window, segment, identity)
    var walk = SegmentWalk(window, header, root: check.range.root)
    let limit = isLast ? end : byteCount
    var decoder = FrameDecoder()
    while true {
      let place = walk.offset
      switch try walk.next(limit: limit, checksBody: true) {
      case .end:
        guard place == limit else { throw check.damage(segment, place, "the file is too short") }
        return
      case .torn(let error): throw check.damage(segment, place, error.description)
      case .misplaced(let problem): throw check.damage(segment, place, problem)
      case .frame(let frame, let offset):
        if frame.kind == .commit {
          try decoder.load(frame, at: offset, &walk.window)
          var problem: String?
          try decoder.forEachEvent(segment.path, offset) { event in
            problem = check.add(event)
            return problem == nil
          }
          if let problem { throw check.damage(segment, offset, problem) }
        } else {
          try check.seal(frame, at: offset, &walk.window, segment)
        }
        guard check.range.root == frame.root, check.recordedAt == frame.recordedAt else {
          throw check.damage(segment, offset, "the events of the frame do not give its root")
        }
        progress(frame.size)
      }
    }
  }
}

/// What a walk has seen so far, to compare the next thing with.
private struct LogCheck {
  var range = CompactRange()
  var recordedAt: Int64 = 0
  var versions: [Int64: Int] = [:]

  mutating func add(_ event: Event) -> String? {
    let version = (versions[event.namespaceID.rawValue] ?? 0) + 1
    guard event.version == version else {
      return "the event at position \(event.position) has version \(event.version) of namespace "
        + "\(event.namespaceID), where \(version) comes next"
    }
    guard event.recordedAt.milliseconds >= recordedAt else {
      return "the event at position \(event.position) was recorded before the one before it"
    }
    versions[event.namespaceID.rawValue] = version
    recordedAt = event.recordedAt.milliseconds
    range.append(leafHash(of: event))
    return nil
  }

  func header(
    _ window: inout FileWindow,
    _ segment: LogSegment,
    _ identity: LedgerIdentity
  ) throws(LogError) -> SegmentHeader {
    let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
    let header: SegmentHeader
    do {
      header = try SegmentHeader(reading: window.buffer.span.extracting(bytes))
    } catch {
      throw damage(segment, 0, error.description)
    }
    guard header.identity == identity, header.firstPosition == range.leafCount,
      header.peaks == range.peaks, header.recordedAtBefore == recordedAt
    else { throw damage(segment, 0, "the file does not follow from the one before") }
    return header
  }

  func seal(
    _ frame: FrameHeader,
    at offset: Int,
    _ window: inout FileWindow,
    _ segment: LogSegment
  ) throws(LogError) {
    let bytes = try window.load(frame.frameByteCount, at: offset)
    let start = bytes.lowerBound + frame.byteCount
    for (index, peak) in range.peaks.enumerated()
    where Hash256(window.buffer.span, at: start + index * Hash256.byteCount) != peak {
      throw damage(segment, offset, "a seal holds other hashes than the events give")
    }
  }

  func damage(_ segment: LogSegment, _ offset: Int, _ reason: String) -> LogError {
    .damaged(
      Damage(file: segment.path, offset: offset, position: range.leafCount, reason: reason)
    )
  }
}
