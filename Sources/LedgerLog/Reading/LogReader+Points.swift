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
    let header = try header(ofSegmentHolding: size)
    guard var range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks) else {
      preconditionFailure("a segment header has a peak for each set bit")
    }
    try extend(&range, from: 0, to: size)
    return range.root
  }

  /// The header of the segment that holds a position below ``size``.
  private func header(ofSegmentHolding position: Int) throws(LogError) -> SegmentHeader {
    while true {
      let segment = directory.with { contents in
        contents.segments[contents.segmentIndex(holding: position)]
      }
      if let sealed = segment.sealed { return sealed.header }
      let file: any DiskFile
      do throws(LogError) {
        file = try directory.file(segment.path)
      } catch .disk(let error) where error.isNotFound {
        // Another process has sealed the segment, or this one just now.
        try directory.noteSealed(position, folder)
        continue
      }
      var window = FileWindow(file, segment.path)
      let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
      return try sound(segment.path, 0, segment.firstPosition) { () throws(FrameError) in
        try SegmentHeader(reading: window.buffer.span.extracting(bytes), as: .frames)
      }
    }
  }
}
