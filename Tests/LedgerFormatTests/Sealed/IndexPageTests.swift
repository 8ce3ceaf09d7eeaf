import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

/// A page of an index is only read where it was written: disks write to the wrong place too.
@Suite("Index pages")
struct IndexPageTests {
  private let mine = SealedFile.identity
  private let other = LedgerIdentity([UInt8](1..<17).span)

  /// Namespaces whose entries are all of one size, so that full pages are too.
  private let ids = (0..<6_000).map { Int64(1_000 + $0 % 3_000) }

  @Test func `a namespace page is refused in another's place`() throws {
    let regions = NamespaceIndex.encode(ids, of: mine)
    let foreign = NamespaceIndex.encode(ids, of: other)
    try expectRefused(
      regions.pages,
      regions.fences,
      foreign.pages,
      .namespacePages
    ) { place, page throws(FrameError) in
      var ordinals: [UInt32] = []
      try NamespaceIndex.findOrdinals(
        of: Int64(place.firstKey),
        at: place,
        in: page,
        eventCount: ids.count,
        into: &ordinals
      )
      #expect(!ordinals.isEmpty)
    }
  }

  @Test func `a command page is refused in another's place`() throws {
    var encoder = CommandIndex.Encoder()
    for ordinal in 0..<6_000 {
      encoder.append(
        CommandHash(SealedFile.hash(of: "command \(ordinal)")),
        ordinal: UInt32(ordinal)
      )
    }
    let regions = encoder.encode(of: mine)
    try expectRefused(
      regions.pages,
      regions.fences,
      encoder.encode(of: other).pages,
      .commandPages
    ) { place, page throws(FrameError) in
      var count = 0
      try CommandIndex.forEachCommand(at: place, in: page, eventCount: 6_000) { _, _ in
        count += 1
        return true
      }
      #expect(count > 0)
    }
  }

  /// Swaps two pages of one size, puts a page in the place of another, and one of another ledger.
  private func expectRefused(
    _ pages: [UInt8],
    _ fences: [UInt8],
    _ foreign: [UInt8],
    _ kind: SealedRegion,
    _ read: (PagePlace, Span<UInt8>) throws(FrameError) -> Void
  ) throws {
    let table = try PageFences(reading: fences.span, pagesByteCount: pages.count)
    func lookUp(_ page: Int, in bytes: [UInt8], as kind: SealedRegion) throws {
      try read(
        table.place(ofPage: page, in: kind, of: mine),
        bytes.span.extracting(table.bytes(ofPage: page))
      )
    }
    for page in 0..<table.pageCount { try lookUp(page, in: pages, as: kind) }
    let left = try #require(
      (0..<table.pageCount).first { page in
        (page + 1..<table.pageCount).contains {
          table.bytes(ofPage: $0).count == table.bytes(ofPage: page).count
        }
      }
    )
    let right = try #require(
      (left + 1..<table.pageCount).first {
        table.bytes(ofPage: $0).count == table.bytes(ofPage: left).count
      }
    )
    let (first, second) = (table.bytes(ofPage: left), table.bytes(ofPage: right))
    var swapped = pages
    swapped.replaceSubrange(first, with: pages[second])
    swapped.replaceSubrange(second, with: pages[first])
    #expect(throws: FrameError.self) { try lookUp(left, in: swapped, as: kind) }
    #expect(throws: FrameError.self) { try lookUp(right, in: swapped, as: kind) }
    var doubled = pages
    doubled.replaceSubrange(second, with: pages[first])
    try lookUp(left, in: doubled, as: kind)
    #expect(throws: FrameError.self) { try lookUp(right, in: doubled, as: kind) }
    #expect(foreign.count == pages.count)
    #expect(throws: FrameError.self) { try lookUp(left, in: foreign, as: kind) }
    let otherKind: SealedRegion = kind == .commandPages ? .namespacePages : .commandPages
    #expect(throws: FrameError.self) { try lookUp(left, in: pages, as: otherKind) }
    // The place alone, and the key alone, are told apart too.
    let place = table.place(ofPage: left, in: kind, of: mine)
    for (offset, key) in [(place.offset + 1, place.firstKey), (place.offset, place.firstKey + 1)] {
      let moved = PagePlace(identity: mine, region: kind, offset: offset, firstKey: key)
      let page = pages.span.extracting(first)
      let (there, here) = (moved.checksum(of: page), place.checksum(of: page))
      #expect(there != here)
    }
  }
}
