package import LedgerCore
package import LedgerFormat
internal import LedgerProof

/// The log's newest point, as one moment saw it.
package struct LogTip: Equatable, Sendable {
  /// The number of events.
  package let size: Int
  /// The root of the Merkle tree over them.
  package let root: Hash256
  /// When the last was recorded; `nil` when there is none.
  package let recordedAt: Instant?
}

extension LogReader {
  /// The newest point that is visible.
  package var tip: LogTip {
    directory.with { contents in
      LogTip(
        size: contents.size,
        root: contents.root,
        recordedAt: contents.size == 0 ? nil : Instant(milliseconds: contents.recordedAt)
      )
    }
  }

  /// The root of the tree over the first `size` events.
  ///
  /// - Precondition: `0 <= size <= self.size`.
  /// - Complexity: O(1) where a frame ends at `size`, as one does at every size that was the log's
  ///   once and is not sealed yet. Else O(events of one segment), with a 256th of them read where it
  ///   is sealed.
  package func root(at size: Int) throws(LogError) -> Hash256 {
    let newest = tip
    if size == newest.size { return newest.root }
    if let root = try rootOfFrame(endingAt: size) { return root }
    let (first, path) = directory.with { contents in
      let segment = contents.segments[max(0, contents.segmentIndex(holding: size))]
      return (segment.firstPosition, segment.path)
    }
    let file = try onDisk { () throws(DiskError) in try disk.open(path, for: .reading) }
    var window = FileWindow(file, path)
    let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
    let header: SegmentHeader
    do {
      header = try SegmentHeader(reading: window.buffer.span.extracting(bytes))
    } catch {
      throw .damaged(Damage(file: path, offset: 0, position: first, reason: error.description))
    }
    guard var range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks) else {
      preconditionFailure("a segment header has a peak for each set bit")
    }
    try extend(&range, from: 0, to: size)
    return range.root
  }
}
