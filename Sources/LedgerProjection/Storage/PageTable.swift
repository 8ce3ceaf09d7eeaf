/// Pages by a dense index, in three levels of arrays.
///
/// A copy costs one reference; after it, a change copies the arrays on the way to one page (the
/// references of 16 pages, of 64 chunks, and the top) and that page: what a published view costs
/// the writer.
struct PageTable: Sendable {
  /// 16 pages: those of one bucket of facts.
  typealias Chunk = [Page]
  /// 64 chunks.
  typealias Group = [Chunk]

  /// From the number of a page to that of its chunk: so many bits.
  static let chunkShift = Int(Fact.idBitCount) - Page.idBitCount
  /// From the number of a page to that of its group.
  static let groupShift = chunkShift + 6
  static let pagesPerChunk = 1 << chunkShift
  static let pagesPerGroup = 1 << groupShift
  static let chunksPerGroup = 1 << (groupShift - chunkShift)

  /// A chunk of empty pages, which all that have no others share.
  private static let emptyChunk = Chunk(repeating: Page(), count: pagesPerChunk)

  private(set) var groups: [Group] = []

  /// The number of pages that there is room for.
  var limit: Int { groups.count * Self.pagesPerGroup }

  /// Makes room for the pages below `limit`.
  mutating func extend(to limit: Int) {
    let count = (limit + Self.pagesPerGroup - 1) / Self.pagesPerGroup
    while groups.count < count {
      groups.append(Group(repeating: Self.emptyChunk, count: Self.chunksPerGroup))
    }
  }

  /// The page of that index, empty where there is none.
  ///
  /// - Precondition: `index` is at least 0 and below ``limit``.
  @inline(__always)
  func page(_ index: Int) -> Page {
    groups[index >> Self.groupShift][
      (index >> Self.chunkShift) & (Self.chunksPerGroup - 1)
    ][index & (Self.pagesPerChunk - 1)]
  }

  /// The page of that index, for changing it in place.
  ///
  /// - Precondition: `index` is at least 0 and below ``limit``.
  subscript(index: Int) -> Page {
    get { page(index) }
    @inline(__always)
    _modify {
      yield &groups[index >> Self.groupShift][
        (index >> Self.chunkShift) & (Self.chunksPerGroup - 1)
      ][index & (Self.pagesPerChunk - 1)]
    }
  }

  /// Takes a chunk out, to be changed and put back.
  ///
  /// - Precondition: the chunk lies below ``limit``.
  mutating func take(chunk: Int) -> Chunk {
    var taken: Chunk = []
    swap(&taken, &groups[chunk / Self.chunksPerGroup][chunk % Self.chunksPerGroup])
    return taken
  }

  /// Takes out every chunk that has pages.
  mutating func takeChunks() -> [PageDirectory.TakenChunk] {
    var chunks: [PageDirectory.TakenChunk] = []
    for index in 0..<limit / Self.pagesPerChunk
    where groups[index / Self.chunksPerGroup][index % Self.chunksPerGroup].contains(where: {
      !$0.isEmpty
    }) {
      chunks.append(PageDirectory.TakenChunk(index: index, pages: take(chunk: index)))
    }
    return chunks
  }

  /// Puts a chunk back.
  mutating func put(_ pages: consuming Chunk, chunk: Int) {
    groups[chunk / Self.chunksPerGroup][chunk % Self.chunksPerGroup] = pages
  }

  /// Calls `body` with the index of every page that is not empty, ascending, and the page.
  func forEachPage(_ body: (Int, Page) -> Void) {
    var first = 0
    for group in groups {
      for chunk in group {
        for index in chunk.indices where !chunk[index].isEmpty { body(first + index, chunk[index]) }
        first += Self.pagesPerChunk
      }
    }
  }
}
