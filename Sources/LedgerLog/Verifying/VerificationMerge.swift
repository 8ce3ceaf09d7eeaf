internal import LedgerFormat
internal import LedgerProof

/// Puts together what came of the parts of a log, in order, and compares what spans several.
struct VerificationMerge {
  /// A sealed segment whose blocks are being taken.
  private struct Current {
    let segment: SealedSegment
    /// The roots that the file stores.
    let trees: [Hash256]
    var contents = SegmentContents()
  }

  private var range = CompactRange()
  private var recordedAt: Int64 = 0
  private var versions = VersionTable()
  private var current: Current?
  /// The index to verify next.
  private var index: IndexCheck?
  /// The indexes that are being verified.
  private var running: [IndexCheck] = []

  init() {}

  /// The number of events taken.
  var size: Int { range.leafCount }
  /// The root of the tree over them.
  var root: Hash256 { range.root }
  /// The number of namespaces with events, the ledger's own not counted.
  var namespaceCount: Int { versions.namespaceCount }
  /// The number of sealed segments whose versions are known.
  private(set) var indexCount = 0

  /// The index of the last sealed segment of which all blocks were taken, once.
  mutating func takeIndex() -> IndexCheck? {
    guard let index else { return nil }
    self.index = nil
    running.append(index)
    return index
  }

  /// Takes what came of the next part.
  ///
  /// - Throws: ``LogError/damaged(_:)`` that names the first place that is wrong.
  mutating func take(_ output: VerificationOutput) throws(LogError) {
    do throws(LogError) {
      switch output {
      case .begin(let path, let header): try begin(path, header)
      case .trees(let segment, let trees):
        try begin(segment.path, segment.header)
        current = Current(segment: segment, trees: trees)
      case .block(let segment, let index, let rows, let error):
        try take(rows, ofBlock: index, in: segment, error)
      case .index(let check, let found):
        running.removeFirst()
        indexCount += 1
        try take(found, of: check)
      case .frames(let run, let contents, let error): try take(contents, of: run, error)
      case .failed(let error): throw error
      }
    } catch {
      // An index that is wrong belongs to an earlier segment than what was taken meanwhile.
      for check in running + [index].compactMap({ $0 }) { try take(check.versions(), of: check) }
      throw error
    }
  }

  private func begin(_ path: String, _ header: SegmentHeader) throws(LogError) {
    guard header.firstPosition == size, header.peaks == range.peaks,
      header.recordedAtBefore == recordedAt
    else { throw damage(path, 0, "the file does not follow from the one before") }
  }

  private mutating func take(
    _ rows: RowContents,
    ofBlock index: Int,
    in segment: SealedSegment,
    _ error: LogError?
  ) throws(LogError) {
    guard var current else { preconditionFailure("blocks come after their segment") }
    self.current = nil
    let block = segment.directory.blocks[index]
    guard rows.events.isEmpty || rows.firstRecordedAt >= recordedAt else {
      throw damage(segment.path, block.offset, "an event was recorded before the one before it")
    }
    let known = current.contents.trees.count
    range.append(rows.run, &current.contents.trees)
    try compare(current, from: known)
    if let error { throw error.notBefore(rows.end) }
    current.contents.append(rows)
    recordedAt = rows.recordedAt
    guard index == segment.directory.blocks.count - 1 else {
      self.current = current
      return
    }
    guard current.trees.count == current.contents.trees.count,
      range.root == segment.directory.root
    else {
      throw segment.damage(
        segment.directory.offset,
        segment.firstPosition,
        "the events of the segment do not give its root"
      )
    }
    self.index = IndexCheck(segment: segment, contents: current.contents)
  }

  /// Compares the roots of trees of 256 leaves, from the one at the place `start` on.
  private func compare(_ current: Current, from start: Int) throws(LogError) {
    let segment = current.segment
    for index in start..<current.contents.trees.count
    where index >= current.trees.count || current.trees[index] != current.contents.trees[index] {
      let leafCount = 1 << TreeRun.levelMax
      throw segment.damage(
        (segment.directory.region(.tree)?.bytes.lowerBound ?? 0) + index * Hash256.byteCount,
        max(segment.firstPosition, (segment.firstPosition / leafCount + index) * leafCount),
        "the events do not give the hash that is stored for them"
      )
    }
  }

  private mutating func take(
    _ found: [NamespaceVersions],
    of check: IndexCheck
  ) throws(LogError) {
    var gap: Int?
    for namespace in found
    where !versions.advance(namespace.id, from: namespace.first, to: namespace.last) {
      gap = min(gap ?? .max, namespace.position)
    }
    if let gap { throw check.versionGap(gap) }
  }

  private mutating func take(
    _ contents: [FrameContents],
    of run: FrameRun,
    _ error: LogError?
  ) throws(LogError) {
    for (frame, contents) in zip(run.frames, contents) {
      switch contents {
      case .rows(let rows): try take(rows, at: frame.offset, run.path)
      case .seal(let peaks):
        guard peaks == range.peaks else {
          throw damage(run.path, frame.offset, "a seal holds other hashes than the events give")
        }
      }
      guard range.root == frame.header.root, recordedAt == frame.header.recordedAt else {
        throw .damaged(
          Damage(
            file: run.path,
            offset: frame.offset,
            position: frame.header.firstPosition,
            reason: "the events of the frame do not give its root"
          )
        )
      }
    }
    if let error { throw error }
  }

  private mutating func take(
    _ rows: RowContents,
    at offset: Int,
    _ path: String
  ) throws(LogError) {
    guard rows.firstRecordedAt >= recordedAt else {
      throw damage(path, offset, "an event was recorded before the one before it")
    }
    for (index, event) in rows.events.enumerated() {
      guard versions.advance(event.id, from: event.version, to: event.version) else {
        throw .damaged(
          Damage(
            file: path,
            offset: offset,
            position: size + index,
            reason: "the event has version \(event.version) of namespace \(event.id), where "
              + "\(versions[event.id] + 1) comes next"
          )
        )
      }
    }
    var stored: [Hash256] = []
    range.append(rows.run, &stored)
    recordedAt = rows.recordedAt
  }

  private func damage(_ path: String, _ offset: Int, _ reason: String) -> LogError {
    .damaged(Damage(file: path, offset: offset, position: size, reason: reason))
  }
}

extension LogError {
  /// The same damage, not before a position up to which all is known to be sound.
  fileprivate func notBefore(_ position: Int) -> LogError {
    guard case .damaged(let damage) = self, damage.position < position else { return self }
    return .damaged(
      Damage(
        file: damage.file,
        offset: damage.offset,
        position: position,
        reason: damage.reason
      )
    )
  }
}
