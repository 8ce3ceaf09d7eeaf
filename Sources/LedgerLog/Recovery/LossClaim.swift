internal import LedgerFormat
internal import LedgerProof

/// How long a log was once, as far as what is left of it tells.
struct LossClaim {
  private(set) var size = 0
  private(set) var root: Hash256?
  /// The marks of the frames that go.
  private(set) var marks: [[UInt8]] = []
  private let identity: LedgerIdentity?

  init(identity: LedgerIdentity?) {
    self.identity = identity
  }

  mutating func note(size: Int, root: Hash256?) {
    if size > self.size || (size == self.size && self.root == nil) {
      (self.size, self.root) = (size, root)
    }
  }

  /// Looks at every byte of a file for headers whose checksums hold; what stands before `end` stays.
  mutating func search(
    _ file: any DiskFile,
    _ path: String,
    _ byteCount: Int,
    behind end: Int
  ) throws(LogError) {
    var window = FileWindow(file, path)
    let first = try window.load(min(SegmentHeader.byteCountMax, byteCount), at: 0)
    // A header that does not hold says nothing about the length.
    if let header = try? SegmentHeader(reading: window.buffer.span.extracting(first)),
      header.identity == identity ?? header.identity,
      let range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks)
    {
      note(size: range.leafCount, root: range.root)
    }
    guard let identity else { return }
    let overlap = FrameHeader.fixedByteCount + FrameHeader.markByteCountMax
    let step = 1 << 20
    for start in stride(from: 0, to: byteCount, by: step) {
      let range = try window.load(min(step + overlap, byteCount - start), at: start)
      let bytes = window.buffer.span.extracting(range)
      for index in 0..<min(step, bytes.count) where bytes[index] == 0x54 {
        guard let header = try? FrameHeader(reading: bytes, at: index, of: identity) else {
          continue
        }
        note(size: header.size, root: header.root)
        if start + index >= end, !header.mark.isEmpty { marks.append(header.mark) }
      }
    }
  }
}
