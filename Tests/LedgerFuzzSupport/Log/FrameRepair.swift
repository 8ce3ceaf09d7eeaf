import LedgerCore
import LedgerFormat
import LedgerProof

/// Puts right what would keep a reader from looking further into a file of frames.
struct FrameRepair {
  private let repairs: FolderImage.Repairs

  /// A repair of those things.
  init(_ repairs: FolderImage.Repairs) {
    self.repairs = repairs
  }

  /// The file, put right up to the first place where no frame can be made out.
  func repaired(_ bytes: [UInt8]) -> [UInt8] {
    guard !repairs.isEmpty else { return bytes }
    var bytes = repairs.contains(.checksums) ? repairedSegmentHeader(bytes) : bytes
    guard let header = try? SegmentHeader(reading: bytes.span),
      var range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks)
    else { return bytes }
    var offset = header.byteCount
    while bytes.count - offset >= FrameHeader.fixedByteCount {
      guard let end = repairFrame(&bytes, at: offset, &range) else { break }
      offset = end
    }
    return bytes
  }

  /// Puts the frame at `offset` right.
  ///
  /// - Returns: Where it ends; `nil` when that is behind the end of the file.
  private func repairFrame(
    _ bytes: inout [UInt8],
    at offset: Int,
    _ range: inout CompactRange
  ) -> Int? {
    let mark = Int(bytes.span.littleEndian(UInt16.self, at: offset + 10))
    let facts = offset + FrameHeader.fixedByteCount + mark
    let details = facts + Int(bytes.span.littleEndian(UInt32.self, at: offset + 88))
    let end = details + Int(bytes.span.littleEndian(UInt32.self, at: offset + 100))
    guard mark <= FrameHeader.markByteCountMax, end <= bytes.count else { return nil }
    if repairs.contains(.places) {
      let eventCount = UInt64(bytes.span.littleEndian(UInt32.self, at: offset + 12))
      bytes.setLittleEndian(UInt64(range.leafCount), at: offset + 16)
      bytes.setLittleEndian(UInt64(offset), at: offset + 24)
      bytes.setLittleEndian(UInt64(range.leafCount) + eventCount, at: offset + 40)
    }
    if repairs.contains(.checksums) {
      let factsSum = CRC32C.checksum(bytes.span.extracting(facts..<details))
      bytes.setLittleEndian(factsSum, at: offset + 96)
      let detailsSum = CRC32C.checksum(bytes.span.extracting(details..<end))
      bytes.setLittleEndian(detailsSum, at: offset + 108)
      bytes = repairedFrameHeader(bytes, at: offset)
    }
    let events = events(of: bytes, at: offset, facts..<details, details..<end)
    for event in events {
      range.append(MerkleHash.leaf(canonicalBytes(of: event).span))
    }
    if repairs.contains(.roots) {
      for (index, byte) in range.root.bytes.enumerated() { bytes[offset + 48 + index] = byte }
      if repairs.contains(.checksums) { bytes = repairedFrameHeader(bytes, at: offset) }
    }
    return end
  }

  /// The events of a frame; none when it does not hold together.
  private func events(
    of bytes: [UInt8],
    at offset: Int,
    _ factsRange: Range<Int>,
    _ detailsRange: Range<Int>
  ) -> [Event] {
    var events: [Event] = []
    do throws(FrameError) {
      let header = try FrameHeader(reading: bytes.span, at: offset, of: FuzzTarget.identity)
      guard header.kind == .commit, header.facts.decodedByteCount <= 1 << 20,
        header.details.decodedByteCount <= 1 << 20
      else { return [] }
      var facts: [UInt8] = []
      try header.facts.decode(bytes.span.extracting(factsRange), "facts", into: &facts)
      var details: [UInt8] = []
      try header.details.decode(bytes.span.extracting(detailsRange), "details", into: &details)
      var columns = FactColumns()
      try FactSection.decode(
        facts.span,
        count: header.eventCount,
        firstPosition: header.firstPosition,
        into: &columns
      )
      var reader = DetailSection.Reader()
      for _ in 0..<header.eventCount {
        events.append(try reader.next(of: details.span, with: columns))
      }
      return events
    } catch {
      return []
    }
  }
}
