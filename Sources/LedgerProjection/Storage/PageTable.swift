/// Pages by a dense index, in three levels of arrays.
///
/// A copy costs one reference; after it, a change copies the arrays on the way to one page (the
/// references of 16 pages, of 64 chunks, and the top) and that page: what a published view costs
/// the writer.
struct PageTable: Sendable {
  /// 16 pages: those of one bucket of facts.
  struct Chunk: Sendable {
    var pages: [Page]
    /// Where ids are dense, the numbers of the answers; empty where the pages hold their answers.
    ///
    /// Two bytes an id, so that an answer is found without looking at its page.
    var answers: [UInt16] = []
  }
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
  private static let emptyChunk = Chunk(pages: Array(repeating: Page(), count: pagesPerChunk))

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
    ].pages[index & (Self.pagesPerChunk - 1)]
  }

  /// The answers of a page's ids where they stand apart.
  func answers(ofPage index: Int) -> [UInt16] {
    let start = (index & (Self.pagesPerChunk - 1)) * Page.idsPerPage
    let answers = groups[index >> Self.groupShift][
      (index >> Self.chunkShift) & (Self.chunksPerGroup - 1)
    ].answers
    return answers.isEmpty ? [] : Array(answers[start..<start + Page.idsPerPage])
  }

  /// Changes the page of that index and the answers of its chunk in place.
  ///
  /// - Precondition: `index` is at least 0 and below ``limit``.
  mutating func update(_ index: Int, _ body: (inout Page, inout [UInt16]) -> Void) {
    groups[index >> Self.groupShift][
      (index >> Self.chunkShift) & (Self.chunksPerGroup - 1)
    ].update(index & (Self.pagesPerChunk - 1), body)
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
      ].pages[index & (Self.pagesPerChunk - 1)]
    }
  }

  /// Takes a chunk out, to be changed and put back.
  ///
  /// - Precondition: the chunk lies below ``limit``.
  mutating func take(chunk: Int) -> Chunk {
    var taken = Chunk(pages: [])
    swap(&taken, &groups[chunk / Self.chunksPerGroup][chunk % Self.chunksPerGroup])
    return taken
  }

  /// Takes out every chunk that has pages.
  mutating func takeChunks() -> [PageDirectory.TakenChunk] {
    var chunks: [PageDirectory.TakenChunk] = []
    for index in 0..<limit / Self.pagesPerChunk
    where groups[index / Self.chunksPerGroup][index % Self.chunksPerGroup].pages
      .contains(where: { !$0.isEmpty })
    {
      chunks.append(PageDirectory.TakenChunk(index: index, chunk: take(chunk: index)))
    }
    return chunks
  }

  /// Puts a chunk back.
  mutating func put(_ taken: consuming Chunk, chunk: Int) {
    groups[chunk / Self.chunksPerGroup][chunk % Self.chunksPerGroup] = taken
  }

  /// Calls `body` with the index of every page that is not empty, ascending, and the page.
  func forEachPage(_ body: (Int, Page) -> Void) {
    var first = 0
    for group in groups {
      for chunk in group {
        for (index, page) in chunk.pages.enumerated() where !page.isEmpty {
          body(first + index, page)
        }
        first += Self.pagesPerChunk
      }
    }
  }
}

extension PageTable.Chunk {
  /// The answers stand apart where at least one id in so many is there: 8 bytes a namespace at most.
  private static let idsPerNamespaceMax = 4

  /// Whether the answers stand apart.
  var isApart: Bool { !answers.isEmpty }

  /// Changes a page and the answers in place.
  @inline(__always)
  mutating func update(_ index: Int, _ body: (inout Page, inout [UInt16]) -> Void) {
    body(&pages[index], &answers)
  }

  /// Puts the answers apart, if the ids are dense; none is known then.
  mutating func moveAnswersApart() {
    let count = pages.reduce(0) { $0 + $1.count }
    guard !isApart, count * Self.idsPerNamespaceMax >= Fact.idsPerBucket else { return }
    answers = Array(repeating: AnswerLists.stranger, count: Fact.idsPerBucket)
    for index in pages.indices where !pages[index].isEmpty {
      let shape = PageShape(pages[index].words[0])
      do {
        // Given back before the words are changed.
        let words = pages[index].words
        var slots = SlotCursor(shape)
        for _ in 0..<shape.count {
          let slot = slots.next(words.span)
          answers[index * Page.idsPerPage + slot] = AnswerLists.unknown
        }
      }
      pages[index].words[0] |= Page.apartBit
      pages[index].words.removeSubrange(shape.answers..<shape.places)
    }
  }

  /// Forgets the answers.
  mutating func forgetAnswers() {
    for index in answers.indices where answers[index] != AnswerLists.stranger {
      answers[index] = AnswerLists.unknown
    }
    for index in pages.indices where !pages[index].isEmpty {
      let shape = PageShape(pages[index].words[0])
      for place in shape.answers..<shape.places { pages[index].words[place] = Page.noAnswer }
    }
  }
}
