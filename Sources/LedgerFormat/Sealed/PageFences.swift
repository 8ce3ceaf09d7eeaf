/// Where each page of an index begins, and the first key in it: what is read to find one page.
///
/// A region of 16 bytes a page, little-endian: the first key; where the page begins in the region
/// of pages.
package struct PageFences: Equatable, Sendable {
  private static let byteCount = 16

  private var firstKeys: [UInt64] = []
  /// Where the pages begin, and last where they end.
  private var offsets: [Int] = [0]

  /// Reads the region of fences; `pagesByteCount` is the size of the region of pages.
  ///
  /// - Throws: ``FrameError`` when the keys or the offsets do not ascend.
  package init(reading bytes: Span<UInt8>, pagesByteCount: Int) throws(FrameError) {
    guard bytes.count > 0, bytes.count % Self.byteCount == 0 else {
      throw .outOfRange("the fences have \(bytes.count) bytes")
    }
    let pageCount = bytes.count / Self.byteCount
    firstKeys.readPairs(bytes, count: pageCount, at: 0)
    var places: [UInt64] = []
    places.readPairs(bytes, count: pageCount, at: 8)
    places.append(UInt64(pagesByteCount))
    guard places[0] == 0 else { throw .outOfRange("the first page does not begin at 0") }
    for index in 0..<pageCount {
      guard places[index] < places[index + 1], places[index + 1] <= UInt64(pagesByteCount),
        index == 0 || firstKeys[index - 1] < firstKeys[index]
      else { throw .outOfRange("the fence of page \(index) is out of order") }
    }
    offsets = places.map { Int($0) }
  }

  /// The number of pages.
  package var pageCount: Int { firstKeys.count }

  /// The first key of a page.
  package func firstKey(ofPage page: Int) -> UInt64 { firstKeys[page] }

  /// Where a page stands, for its checksum.
  package func place(
    ofPage page: Int,
    in region: SealedRegion,
    of identity: LedgerIdentity
  ) -> PagePlace {
    PagePlace(
      identity: identity,
      region: region,
      offset: offsets[page],
      firstKey: firstKeys[page]
    )
  }

  /// Where a page stands in the region of pages, in bytes.
  package func bytes(ofPage page: Int) -> Range<Int> { offsets[page]..<offsets[page + 1] }

  /// The page that holds `key` if any does, or `nil` when it is below the first.
  ///
  /// - Complexity: O(log pages).
  package func page(holding key: UInt64) -> Int? {
    var lower = 0
    var upper = firstKeys.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if firstKeys[middle] <= key { lower = middle + 1 } else { upper = middle }
    }
    return lower > 0 ? lower - 1 : nil
  }
}

/// Where an index page stands, which its checksum covers before its bytes.
///
/// Pages do not say whose they are, and their keys count from the fence's: without this a page that
/// the disk wrote to another's place would pass, and a question be answered from it.
package struct PagePlace: Sendable {
  /// The ledger's.
  package let identity: LedgerIdentity
  /// The kind of the region of pages.
  package let region: SealedRegion
  /// Where the page begins in the region, in bytes.
  package let offset: Int
  /// The first key in the page, as its fence says.
  package let firstKey: UInt64

  /// A place.
  package init(identity: LedgerIdentity, region: SealedRegion, offset: Int, firstKey: UInt64) {
    self.identity = identity
    self.region = region
    self.offset = offset
    self.firstKey = firstKey
  }

  /// What the checksum of a page in this place is.
  ///
  /// - Parameter page: The page; its first four bytes, which hold the checksum, do not matter.
  /// - Returns: The CRC-32C of the place and of the page from its byte 4.
  /// - Precondition: The page has four bytes or more.
  package func checksum(of page: Span<UInt8>) -> UInt32 {
    precondition(page.count >= 4, "a page begins with its checksum")
    var place: [UInt8] = []
    place.reserveCapacity(36)
    identity.append(to: &place)
    place.appendLittleEndian(region.rawValue)
    place.appendLittleEndian(UInt64(offset))
    place.appendLittleEndian(firstKey)
    return CRC32C.checksum(
      page.extracting(4..<page.count),
      after: CRC32C.checksum(place.span)
    )
  }

  /// Checks the CRC-32C that a page begins with.
  func check(_ page: Span<UInt8>) throws(FrameError) {
    guard page.count > 4 else { throw .truncated(needed: 5, available: page.count) }
    let stored = page.littleEndian(UInt32.self, at: 0)
    let computed = checksum(of: page)
    guard stored == computed else {
      throw .checksumMismatch(part: "index page", stored: stored, computed: computed)
    }
  }
}

/// Fills pages with entries that are not split, and writes their fences.
struct PageEncoder {
  /// A page ends before it would get larger, if it holds an entry.
  ///
  /// A question reads a page of every segment: with pages of 4 KiB, looking through them took half
  /// its time; smaller ones would make the fences a noticeable part of the memory.
  static let byteCountMax = 1_024

  private(set) var pages: [UInt8] = []
  private(set) var fences: [UInt8] = []
  private let identity: LedgerIdentity
  private let region: SealedRegion
  private var start = 0
  private var firstKey: UInt64 = 0

  /// No pages yet, of a region of a ledger.
  init(_ region: SealedRegion, of identity: LedgerIdentity) {
    self.region = region
    self.identity = identity
  }

  /// Whether an entry of that size begins a new page.
  func beginsPage(_ byteCount: Int) -> Bool {
    pages.count == start || pages.count - start + byteCount > Self.byteCountMax
  }

  /// Begins a page whose first entry has the key.
  mutating func beginPage(at key: UInt64) {
    endPage()
    firstKey = key
    fences.appendLittleEndian(key)
    fences.appendLittleEndian(UInt64(pages.count))
    pages.appendLittleEndian(UInt32(0))
  }

  /// Appends an entry to the page.
  mutating func append(_ entry: [UInt8]) {
    pages += entry
  }

  /// Writes the checksum of the page.
  mutating func endPage() {
    guard pages.count > start else { return }
    let place = PagePlace(identity: identity, region: region, offset: start, firstKey: firstKey)
    let checksum = place.checksum(of: pages.span.extracting(start..<pages.count))
    pages.setLittleEndian(checksum, at: start)
    start = pages.count
  }
}

extension [UInt64] {
  fileprivate mutating func readPairs(_ bytes: Span<UInt8>, count: Int, at offset: Int) {
    reserveCapacity(count + 1)
    for index in 0..<count {
      append(bytes.littleEndian(UInt64.self, at: 16 * index + offset))
    }
  }
}
