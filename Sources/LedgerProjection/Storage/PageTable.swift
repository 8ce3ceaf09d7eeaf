/// Pages by a dense index, in three levels of arrays.
///
/// A copy costs one reference; after it, a change copies the arrays on the way to one page (the
/// references of 16 pages, of 128 chunks, and the top) and that page: what a published view costs
/// the writer. Chunks are small because of that: a group of commands about namespaces that are far
/// apart copies a chunk for each of them.
struct PageTable: Sendable {
  /// 16 pages, or none.
  typealias Chunk = [Page]
  /// 128 chunks.
  typealias Group = [Chunk]

  /// From the number of a page to that of its chunk: so many bits.
  static let chunkShift = 4
  /// From the number of a page to that of its group.
  static let groupShift = 11
  static let pagesPerChunk = 1 << chunkShift
  static let pagesPerGroup = 1 << groupShift
  static let chunksPerGroup = 1 << (groupShift - chunkShift)

  private(set) var groups: [Group] = []

  /// The number of pages that there is room for.
  var limit: Int { groups.count * Self.pagesPerGroup }

  /// Makes room for the pages below `limit`.
  mutating func extend(to limit: Int) {
    let count = (limit + Self.pagesPerGroup - 1) / Self.pagesPerGroup
    while groups.count < count {
      groups.append(Group(repeating: [], count: Self.chunksPerGroup))
    }
  }

  /// The page of that index, empty where there is none.
  ///
  /// - Precondition: `index` is at least 0 and below ``limit``.
  @inline(__always)
  func page(_ index: Int) -> Page {
    let chunk = groups[index >> Self.groupShift][
      (index >> Self.chunkShift) & (Self.chunksPerGroup - 1)
    ]
    return chunk.isEmpty ? Page() : chunk[index & (Self.pagesPerChunk - 1)]
  }

  /// The page of that index, for changing it in place.
  ///
  /// - Precondition: `index` is at least 0 and below ``limit``.
  subscript(index: Int) -> Page {
    get { page(index) }
    @inline(__always)
    _modify {
      let group = index >> Self.groupShift
      let chunk = (index >> Self.chunkShift) & (Self.chunksPerGroup - 1)
      if groups[group][chunk].isEmpty {
        groups[group][chunk] = Chunk(repeating: Page(), count: Self.pagesPerChunk)
      }
      yield &groups[group][chunk][index & (Self.pagesPerChunk - 1)]
    }
  }

  /// Changes the pages of one chunk in place.
  ///
  /// - Precondition: the chunk lies below ``limit``.
  mutating func updateChunk(_ chunk: Int, _ body: (inout Chunk) -> Void) {
    let group = chunk / Self.chunksPerGroup
    let place = chunk & (Self.chunksPerGroup - 1)
    if groups[group][place].isEmpty {
      groups[group][place] = Chunk(repeating: Page(), count: Self.pagesPerChunk)
    }
    body(&groups[group][place])
  }

  /// Calls `body` with every page that is not empty, by ascending index.
  func forEachPage(_ body: (Page) -> Void) {
    for group in groups {
      for chunk in group {
        for page in chunk where !page.isEmpty { body(page) }
      }
    }
  }

  /// Changes every page that is not empty and meets `condition`, in place; the others, and the
  /// arrays on the way to them, stay shared.
  mutating func updateEachPage(where condition: (Page) -> Bool, _ body: (inout Page) -> Void) {
    for group in groups.indices {
      for chunk in groups[group].indices {
        for page in groups[group][chunk].indices {
          guard !groups[group][chunk][page].isEmpty, condition(groups[group][chunk][page]) else {
            continue
          }
          body(&groups[group][chunk][page])
        }
      }
    }
  }
}
