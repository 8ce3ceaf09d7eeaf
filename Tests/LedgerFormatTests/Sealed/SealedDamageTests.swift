import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

/// Bytes from a disk are not trusted: whatever they are, reading throws or succeeds.
@Suite("Damaged sealed segments")
struct SealedDamageTests {
  private let events: [Event] = {
    var source = RandomEvents(seed: 5)
    return source.next(24)
  }()

  private func makeBytes() throws -> [UInt8] {
    try SealedFile.encode(events, frames: [3, 9], marks: [[1, 2], [3]])
  }

  @Test func `any flipped bit is found`() throws {
    let bytes = try makeBytes()
    #expect(try readAll(bytes) == events)
    for index in bytes.indices {
      for bit in 0..<8 where longTests || bit == index % 8 || bit == (index / 8 + 3) % 8 {
        var flipped = bytes
        flipped[index] ^= 1 << bit
        #expect(throws: FrameError.self, "byte \(index), bit \(bit)") { try readAll(flipped) }
      }
    }
  }

  @Test func `a file cut short at any byte is refused`() throws {
    let bytes = try makeBytes()
    for count in bytes.indices {
      #expect(throws: FrameError.self) { try readAll(Array(bytes.prefix(count))) }
    }
    #expect(throws: FrameError.self) { try readAll(bytes + [0]) }
    #expect(throws: FrameError.self) { try readAll([UInt8](repeating: 0, count: 4_096)) }
  }

  @Test func `another ledger's file is refused`() throws {
    let file = try SealedFile(try makeBytes())
    let other = LedgerIdentity([UInt8](1..<17).span)
    let block = Array(file.bytes[file.directory.bytes(ofBlock: 0)])
    #expect(throws: FrameError.self) { try SealedBlockHeader(reading: block.span, of: other) }
    #expect(throws: FrameError.self) { try SegmentHeader(reading: file.bytes.span) }
  }

  /// The second line: bytes whose checksum holds although no writer made them.
  @Test(arguments: seeds(8))
  func `a changed header under a good checksum never traps`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var source = RandomEvents(seed: seed)
    let bytes = try SealedFile.encode(source.next(40))
    let file = try SealedFile(bytes)
    let block = file.directory.bytes(ofBlock: 0)
    let headerEnd = block.lowerBound + (try file.block(0)).byteCount
    for round in 0..<150 {
      var mutant = bytes
      let part =
        round % 2 == 0 ? block.lowerBound..<headerEnd : file.directory.offset..<bytes.count - 8
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: (part.lowerBound + 8)..<part.upperBound, using: &generator)
        let values: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &generator)]
        mutant[place] = values.randomElement(using: &generator) ?? 0
      }
      seal(&mutant, part)
      _ = try? readAll(mutant)
      guard let opened = try? SealedFile(mutant) else { continue }
      _ = try? opened.ordinals(of: 1)
      _ = try? opened.event(at: 0)
    }
  }

  @Test func `sizes over the limits are refused although the checksum holds`() throws {
    let bytes = try makeBytes()
    let file = try SealedFile(bytes)
    let start = file.directory.blocks[0].offset
    let header = try file.block(0)
    let table =
      start + SealedBlockHeader.fixedByteCount
      + header.codeTable.reduce(0) { $0 + 1 + $1.utf8.count }
    let chunk = start + header.byteCount - 12
    let changes: [(String, (inout [UInt8]) -> Void)] = [
      ("no events", { $0.setLittleEndian(UInt32(0), at: start + 12) }),
      ("65,537 events", { $0.setLittleEndian(UInt32(65_537), at: start + 12) }),
      ("a header over 8 MiB", { $0.setLittleEndian(UInt32((8 << 20) + 1), at: start + 8) }),
      ("a position over 2^62", { $0.setLittleEndian(UInt64.max, at: start + 16) }),
      ("a column of width 9", { $0[table + 16] = 9 }),
      ("kinds of width 2", { $0[table + 20 + 16] = 2 }),
      ("a column with flag 2", { $0[table + 17] = 2 }),
      ("a column larger than decoded", { $0.setLittleEndian(UInt32(40_000), at: table + 8) }),
      ("a negative base", { $0.setLittleEndian(Int64(-1), at: table) }),
      ("a base over the ids", { $0.setLittleEndian(Int64.max, at: table) }),
      ("a kind that is none", { $0.setLittleEndian(Int64(200), at: table + 20) }),
      ("details over 64 MiB", { $0.setLittleEndian(UInt32((64 << 20) + 1), at: chunk + 4) }),
      ("details that decode to more", { $0.setLittleEndian(UInt32(64 << 20), at: chunk + 4) }),
      ("details that grow", { $0.setLittleEndian(UInt32(10), at: chunk + 4) }),
    ]
    for (name, change) in changes {
      var mutant = bytes
      change(&mutant)
      seal(&mutant, start..<(start + header.byteCount))
      #expect(throws: FrameError.self, "\(name)") { try readAll(mutant) }
    }
  }

  /// Streams that no encoder makes: they give rows that fit the bytes, or throw.
  @Test(arguments: seeds(8))
  func `changed streams of details never trap`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var source = RandomEvents(seed: seed)
    let file = try SealedFile(try SealedFile.encode(source.next(60)))
    let block = try file.block(0)
    let chunk = block.detailChunks[0]
    var streams = file.bytes(block.detailBytes(ofChunk: 0), ofBlock: 0)
    if chunk.storedByteCount < chunk.decodedByteCount {
      let stored = streams
      #expect(
        LZ4Block.decompress(stored.span, byteCount: chunk.decodedByteCount, into: &streams)
      )
    }
    var output: [UInt8] = []
    try DetailStreams.assemble(streams.span, rowCount: 60, to: &output)
    for _ in 0..<300 {
      var mutant = streams
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: mutant.indices, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: mutant[place] = .random(in: 0...255, using: &generator)
        case 1: mutant[place] = [0, 1, 127, 128, 255].randomElement(using: &generator) ?? 0
        case 2: mutant[Int.random(in: 0..<100, using: &generator)] ^= 1
        default: mutant.removeLast(Int.random(in: 0...3, using: &generator))
        }
      }
      output.removeAll(keepingCapacity: true)
      let count = Int.random(in: 55...62, using: &generator)
      guard (try? DetailStreams.assemble(mutant.span, rowCount: count, to: &output)) != nil else {
        continue
      }
      var cursor = DetailCursor()
      while (try? cursor.next(of: output.span)) != nil {}
    }
  }

  /// Pages under a good checksum: what is found is in the segment and in order.
  @Test(arguments: seeds(8))
  func `changed index pages never trap`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var source = RandomEvents(seed: seed)
    let file = try SealedFile(try SealedFile.encode(source.next(200)))
    for kind in [SealedRegion.namespacePages, .commandPages] {
      let page = try file.region(kind)
      let place = PagePlace(
        identity: SealedFile.identity,
        region: kind,
        offset: 0,
        firstKey: kind == .namespacePages ? 0 : 3
      )
      for _ in 0..<300 {
        var mutant = page
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let place = Int.random(in: 4..<mutant.count, using: &generator)
          mutant[place] = [0, 1, 127, 128, 255, 9].randomElement(using: &generator) ?? 0
        }
        mutant.removeLast(Int.random(in: 0...3, using: &generator))
        mutant.setLittleEndian(place.checksum(of: mutant.span), at: 0)
        if kind == .namespacePages {
          var before: (Int64, UInt32) = (-1, 0)
          try? NamespaceIndex.forEachOrdinal(at: place, in: mutant.span, eventCount: 200) {
            #expect($1 < 200 && before < ($0, $1))
            before = ($0, $1)
          }
        } else {
          try? CommandIndex.forEachCommand(at: place, in: mutant.span, eventCount: 200) {
            #expect($0 < 1 << 24 && $1 < 200)
            return true
          }
        }
      }
    }
  }

  /// Everything that a file says, read in full.
  private func readAll(_ bytes: [UInt8]) throws(FrameError) -> [Event] {
    let file = try SealedFile(bytes)
    for region in file.directory.regions {
      guard region.bytes.upperBound <= bytes.count else {
        throw .truncated(needed: 1, available: 0)
      }
      try region.check(bytes.span.extracting(region.bytes))
    }
    return try file.events()
  }

  /// Makes the checksum of a header hold again.
  private func seal(_ bytes: inout [UInt8], _ header: Range<Int>) {
    var salted: [UInt8] = []
    SealedFile.identity.append(to: &salted)
    salted += bytes[(header.lowerBound + 8)..<header.upperBound]
    bytes.setLittleEndian(CRC32C.checksum(salted.span), at: header.lowerBound + 4)
  }
}
