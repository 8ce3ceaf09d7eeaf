import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

@Suite("Frames")
struct FrameTests {
  private let identity = LedgerIdentity([UInt8](0..<16).span)

  private func header(markByteCount: Int = 5) -> FrameHeader {
    var facts = FrameHeader.Section()
    (facts.storedByteCount, facts.decodedByteCount, facts.checksum) = (40, 90, 7)
    facts.isCompressed = true
    var details = FrameHeader.Section()
    (details.storedByteCount, details.decodedByteCount, details.checksum) = (33, 33, 8)
    return FrameHeader(
      kind: .commit,
      eventCount: 3,
      firstPosition: 1_000_000_007,
      previousEnd: 4_096,
      syncedEnd: 4_000,
      root: Hash256([UInt8](100..<132).span),
      recordedAt: 1_770_000_000_123,
      hasRulesActivated: true,
      facts: facts,
      details: details,
      mark: [UInt8](repeating: 0xab, count: markByteCount)
    )
  }

  @Test func `a frame header reads back and keeps its layout`() throws {
    var bytes: [UInt8] = [9, 9]
    header().write(to: &bytes, of: identity)
    let read = try FrameHeader(reading: bytes.span, at: 2, of: identity)
    #expect(read == header())
    expectSnapshot(of: hexDump(Array(bytes.dropFirst(2))), at: "Format/v1/frame-header.txt")
  }

  @Test func `a segment header reads back and keeps its layout`() throws {
    let header = SegmentHeader(
      identity: identity,
      firstPosition: 5,
      recordedAtBefore: 1_770_000_000_123,
      peaks: [Hash256([UInt8](0..<32).span), Hash256([UInt8](32..<64).span)]
    )
    var bytes: [UInt8] = []
    header.write(to: &bytes)
    #expect(bytes.count == header.byteCount)
    #expect(try SegmentHeader(reading: bytes.span) == header)
    expectSnapshot(of: hexDump(bytes), at: "Format/v1/segment-header.txt")
    for index in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[index] ^= 1 << bit
        #expect(throws: FrameError.self) { try SegmentHeader(reading: flipped.span) }
      }
      #expect(throws: FrameError.self) {
        try SegmentHeader(reading: Array(bytes.prefix(index)).span)
      }
    }
  }

  @Test func `a frame header with any bit flipped or cut short is refused`() throws {
    var bytes: [UInt8] = []
    header().write(to: &bytes, of: identity)
    for index in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[index] ^= 1 << bit
        #expect(throws: FrameError.self) {
          try FrameHeader(reading: flipped.span, at: 0, of: identity)
        }
      }
      #expect(throws: FrameError.self) {
        try FrameHeader(reading: Array(bytes.prefix(index)).span, at: 0, of: identity)
      }
    }
    let other = LedgerIdentity([UInt8](1..<17).span)
    #expect(throws: FrameError.self) { try FrameHeader(reading: bytes.span, at: 0, of: other) }
    #expect(throws: FrameError.self) {
      try FrameHeader(reading: [UInt8](repeating: 0, count: 512).span, at: 0, of: identity)
    }
  }

  /// Sizes over the limits are refused although the checksum holds.
  @Test func `lengths are bounded before they are believed`() throws {
    let changes: [(inout FrameHeader) -> Void] = [
      { $0.eventCount = 65_537 },
      { $0.eventCount = 0 },
      { $0.details.decodedByteCount = (64 << 20) + 1 },
      { $0.facts.decodedByteCount = (8 << 20) + 1 },
      { $0.facts.storedByteCount = 90 },
      { $0.details.storedByteCount = 32 },
      { $0.syncedEnd = 4_097 },
      { $0.kind = .seal },
    ]
    for change in changes {
      var changed = header()
      change(&changed)
      var bytes: [UInt8] = []
      changed.write(to: &bytes, of: identity)
      #expect(throws: FrameError.self) {
        try FrameHeader(reading: bytes.span, at: 0, of: identity)
      }
    }
  }

  @Test(arguments: seeds(16))
  func `sections give the same events back`(seed: UInt64) throws {
    var source = RandomEvents(seed: seed)
    let events = source.next(Int(seed) * 7 + 1)
    let frame = encode(events)
    var columns = FactColumns()
    try FactSection.decode(frame.facts.span, count: events.count, firstPosition: 0, into: &columns)
    #expect(try decode(frame.details, columns) == events)
    var codes: [String: UInt16] = [:]
    var expected = FactColumns()
    for event in events { expected.append(event, &codes) }
    #expect(columns.namespaceIDs == expected.namespaceIDs)
    #expect(columns.codeTable == expected.codeTable)
  }

  /// Bytes that are not trusted throw or decode; they never trap.
  ///
  /// A checksum keeps such bytes away, so this is the second line.
  @Test(arguments: seeds(16))
  func `mutated sections never trap`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var source = RandomEvents(seed: seed)
    let events = source.next(12)
    let frame = encode(events)
    for _ in 0..<150 {
      var facts = frame.facts
      var details = frame.details
      mutate(&facts, &generator)
      mutate(&details, &generator)
      let count = Bool.random(using: &generator) ? 12 : Int.random(in: 0...20, using: &generator)
      var columns = FactColumns()
      try? FactSection.decode(facts.span, count: count, firstPosition: 0, into: &columns)
      try? FactSection.decode(frame.facts.span, count: 12, firstPosition: 0, into: &columns)
      if let decoded = try? decode(details, columns) {
        for event in decoded { _ = canonicalBytes(of: event) }
      }
    }
  }

  @Test(arguments: seeds(8))
  func `LZ4 gives the same bytes back and stays within the declared size`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for count in [2, 20, 300, 5_000, 70_000] {
      let range: ClosedRange<UInt8> = seed % 2 == 0 ? 0...3 : 0...255
      let bytes = (0..<count).map { _ in UInt8.random(in: range, using: &generator) }
      var block: [UInt8] = [1, 2, 3]
      guard LZ4Block.compress(bytes.span, to: &block) else {
        #expect(block == [1, 2, 3])
        continue
      }
      #expect(block.count < bytes.count + 3)
      let stored = Array(block.dropFirst(3))
      var output: [UInt8] = []
      #expect(LZ4Block.decompress(stored.span, byteCount: count, into: &output))
      #expect(output == bytes)
      #expect(!LZ4Block.decompress(stored.span, byteCount: count - 1, into: &output))
      #expect(!LZ4Block.decompress(stored.span, byteCount: count + 1, into: &output))
      #expect(output.count <= count + 1)
      var mutant = stored
      for _ in 0..<50 {
        mutate(&mutant, &generator)
        _ = LZ4Block.decompress(mutant.span, byteCount: count, into: &output)
        #expect(output.count <= count)
      }
    }
  }

  /// A block that would grow to 255 times its size is stopped at the declared one.
  @Test func `an LZ4 bomb is refused`() {
    let zeros = [UInt8](repeating: 0, count: 8 << 20)
    var bomb: [UInt8] = []
    #expect(LZ4Block.compress(zeros.span, to: &bomb))
    #expect(bomb.count < 40_000)
    var output: [UInt8] = []
    #expect(!LZ4Block.decompress(bomb.span, byteCount: 4_096, into: &output))
    #expect(output.count == 4_096)
    var section = FrameHeader.Section()
    (section.storedByteCount, section.decodedByteCount) = (bomb.count, 4_096)
    section.checksum = CRC32C.checksum(bomb.span)
    section.isCompressed = true
    #expect(throws: FrameError.brokenBlock(part: "details")) {
      try section.decode(bomb.span, "details", into: &output)
    }
  }

  private func encode(_ events: [Event]) -> (facts: [UInt8], details: [UInt8]) {
    var columns = FactColumns()
    var codes: [String: UInt16] = [:]
    var details: [UInt8] = []
    var scratch: [UInt8] = []
    for (index, event) in events.enumerated() {
      columns.append(event, &codes)
      let previous = index > 0 ? events[index - 1] : nil
      DetailSection.encode(event, after: previous, to: &details, scratch: &scratch)
    }
    var facts: [UInt8] = []
    FactSection.encode(columns, to: &facts)
    return (facts, details)
  }

  private func decode(_ details: [UInt8], _ columns: FactColumns) throws -> [Event] {
    var reader = DetailSection.Reader()
    var events: [Event] = []
    for _ in 0..<columns.count { events.append(try reader.next(of: details.span, with: columns)) }
    return events
  }

  private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[index] = 0xff
      case 2: bytes.remove(at: index)
      case 3: bytes.insert(.random(in: 0...255, using: &generator), at: index)
      default: bytes.removeLast(min(bytes.count, Int.random(in: 0...9, using: &generator)))
      }
    }
  }

  private func hexDump(_ bytes: [UInt8]) -> String {
    stride(from: 0, to: bytes.count, by: 16).map { start in
      let row = bytes[start..<min(start + 16, bytes.count)]
      let hex = row.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      return hex.joined(separator: " ") + "\n"
    }.joined()
  }
}
