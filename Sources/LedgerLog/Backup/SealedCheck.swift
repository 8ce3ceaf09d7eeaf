internal import LedgerFormat
internal import LedgerProof

/// Checks every stored byte of one sealed segment, as verifying the log would.
enum SealedCheck {
  /// Hashes the events and compares root, stored hashes and index with them.
  ///
  /// - Returns: The tree after the segment's last event.
  /// - Throws: ``LogError/damaged(_:)`` or ``LogError/disk(_:)``.
  /// - Complexity: O(events).
  @discardableResult
  static func run(_ segment: SealedSegment, _ disk: any Disk) throws(LogError) -> CompactRange {
    let header = segment.header
    guard var range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks) else {
      preconditionFailure("a segment header has a peak for each set bit")
    }
    let worker = VerificationWorker(OpenFiles(disk))
    var contents = SegmentContents()
    var recordedAt = header.recordedAtBefore
    for (index, block) in segment.directory.blocks.enumerated() {
      var rows = RowContents(at: block.firstPosition)
      try worker.read(index, of: segment, &rows)
      guard rows.firstRecordedAt >= recordedAt else {
        throw segment.damage(
          block.offset,
          block.firstPosition,
          "an event was recorded before the one before it"
        )
      }
      recordedAt = rows.recordedAt
      range.append(rows.run, &contents.trees)
      contents.append(rows)
    }
    var trees: [UInt8] = []
    for tree in contents.trees { tree.append(to: &trees) }
    guard range.leafCount == segment.end, range.root == segment.directory.root,
      try segment.bytes(of: .tree) ?? [] == trees
    else {
      throw segment.damage(
        segment.directory.offset,
        segment.firstPosition,
        "the events of the segment do not give its root"
      )
    }
    _ = try IndexCheck(segment: segment, contents: contents).versions()
    return range
  }
}
