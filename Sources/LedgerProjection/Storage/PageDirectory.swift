/// Every page, found by its number: directly where pages are dense, by hashing where they are not.
///
/// Page numbers below ``dense``'s limit are indexes; all others stand in ``sparse``, an
/// open-addressing hash table with linear probing whose slots are pages themselves. The limit
/// follows the data: whenever the hash table would grow, it is moved up to the highest number below
/// which at least one page in eight is there, and the pages below it leave the hash table.
struct PageDirectory: Sendable {
  /// The pages below the limit, by number.
  var dense = PageTable()
  /// The others, by slot.
  var sparse = PageTable()
  /// The number of pages in ``dense``.
  var densePageCount = 0
  /// The number of pages in ``sparse``.
  private(set) var sparsePageCount = 0
  private var slotMask = -1
  /// The runs of the states that have outgrown their pages, by id.
  var large: [Int64: [UInt32]] = [:]

  private static let sparseSlotCountMin = 1_024
  private static let pagesPerPresentPageMax = 8
  /// No page from here on is dense; so ids without a bucket (``FactBatch``) are hashed.
  static let denseLimitMax = Int(FactBatch.bucketedIDMax) >> Page.idBitCount

  init() {
    dense.extend(to: 1)
  }

  /// The number of pages.
  var pageCount: Int { densePageCount + sparsePageCount }

  /// The page of that number, empty where there is none.
  @inline(__always)
  func page(_ number: Int) -> Page {
    if number < dense.limit { return dense.page(number) }
    return sparsePage(number)
  }

  @inline(never)
  private func sparsePage(_ number: Int) -> Page {
    guard slotMask >= 0 else { return Page() }
    return sparse.page(slot(number))
  }

  /// Changes the page of that number in place; it must not be left empty.
  ///
  /// `body` is given the answers of its chunk as well, and told whether the page is found by hashing.
  mutating func update(_ number: Int, _ body: (inout Page, inout [UInt16], Bool) -> Void) {
    if number >= dense.limit {
      let slot = claimSlot(number)
      // Claiming may have made the number a dense one.
      if slot >= 0 {
        if sparse.page(slot).isEmpty { sparsePageCount += 1 }
        sparse.update(slot) { page, answers in body(&page, &answers, true) }
        return
      }
    }
    if dense.page(number).isEmpty { densePageCount += 1 }
    dense.update(number) { page, answers in body(&page, &answers, false) }
  }

  /// The slot at which the page of that number is or would be.
  private func slot(_ number: Int) -> Int {
    var slot = Int(truncatingIfNeeded: mixed(UInt64(number))) & slotMask
    while true {
      let page = sparse.page(slot)
      if page.isEmpty || page.hashedNumber == number { return slot }
      slot = (slot + 1) & slotMask
    }
  }

  /// The slot for the page of that number, after making room when it is new; -1 when it is dense.
  private mutating func claimSlot(_ number: Int) -> Int {
    if slotMask >= 0 {
      let slot = slot(number)
      if !sparse.page(slot).isEmpty || (sparsePageCount + 1) * 4 <= (slotMask + 1) * 3 {
        return slot
      }
    }
    reorganize(adding: [])
    return number < dense.limit ? -1 : slot(number)
  }

  /// Moves the dense limit to where it belongs and makes the hash table as large as the rest needs.
  ///
  /// - Parameter numbers: Of pages that are about to be made, ascending, none of them below the limit.
  mutating func reorganize(adding numbers: [Int]) {
    var pages: [(number: Int, page: Page)] = []
    pages.reserveCapacity(sparsePageCount)
    sparse.forEachPage { _, page in pages.append((page.hashedNumber, page)) }
    sparse = PageTable()
    pages.sort { $0.number < $1.number }

    let limit = denseLimit(pages.map(\.number), numbers)
    dense.extend(to: limit)
    let moved = pages.partitioningIndex { $0.number >= dense.limit }
    for (number, page) in pages[..<moved] {
      var page = page
      page.words.removeLast(Page.numberWordCount)
      dense[number] = page
    }
    densePageCount += moved
    sparsePageCount = pages.count - moved

    let added = numbers.count - numbers.partitioningIndex { $0 >= dense.limit }
    var slotCount = Self.sparseSlotCountMin
    while slotCount < (sparsePageCount + added + 1) * 2 { slotCount *= 2 }
    slotMask = slotCount - 1
    sparse.extend(to: slotCount)
    for (number, page) in pages[moved...] { sparse[slot(number)] = page }
  }

  /// The highest limit below which enough pages are there, of those that are dense already and those
  /// with the numbers of either list, which ascend.
  private func denseLimit(_ present: [Int], _ coming: [Int]) -> Int {
    var limit = dense.limit
    var count = densePageCount
    var (left, right) = (0, 0)
    while left < present.count || right < coming.count {
      let number = min(
        left < present.count ? present[left] : .max,
        right < coming.count ? coming[right] : .max
      )
      if left < present.count, present[left] == number { left += 1 }
      if right < coming.count, coming[right] == number { right += 1 }
      count += 1
      if number / Self.pagesPerPresentPageMax < count, number < Self.denseLimitMax {
        limit = max(limit, number + 1)
      }
    }
    return limit
  }

  /// Calls `body` with the run of `id` and the events of its version that have no entry; `nil` when
  /// there is no such namespace.
  @inline(__always)
  func withState<Value>(of id: Int64, _ body: (Span<UInt32>, Int) -> Value) -> Value? {
    guard id > 0 else { return nil }
    let page = page(Page.number(of: id))
    let words = page.words.span
    let shape = PageShape(words[0])
    guard let rank = shape.rank(words, slot: Page.slot(of: id)) else { return nil }
    let (run, extra) = shape.locate(words, rank)
    if let run { return body(words.extracting(run), extra) }
    let own = large[id] ?? []
    return body(own.span, extra)
  }

  /// Calls `body` with each id on a page and its state, ascending.
  func forEachState(on page: Page, _ number: Int, _ body: (Int64, Span<UInt32>, Int) -> Void) {
    let words = page.words.span
    let shape = PageShape(words[0])
    var start = shape.runs
    for rank in 0..<shape.count {
      let id = Page.firstID(number) + Int64(shape.slot(words, rank: rank))
      let (length, extra) = shape.place(words, rank)
      if length == 1, words[start] == Page.movedOut {
        let own = large[id] ?? []
        body(id, own.span, extra)
      } else {
        body(id, words.extracting(start..<start + length), extra)
      }
      start += length
    }
  }

  /// Calls `body` with each id on a page and its answer, ascending: bits 0–15 the list's number, which
  /// is ``Page/noAnswer`` where none is kept, and 16–31 its `valid_until`.
  @inline(__always)
  func forEachAnswer(
    on page: Page,
    _ number: Int,
    _ lists: AnswerLists,
    _ body: (Int64, UInt32) -> Void
  ) {
    let words = page.words.span
    let shape = PageShape(words[0])
    let apart = page.isApart ? dense.answers(ofPage: number) : []
    let first = Page.firstID(number)
    var slots = SlotCursor(shape)
    for rank in 0..<shape.count {
      let slot = slots.next(words)
      let answer = page.isApart ? lists.answer(apart[slot]) : words[shape.answers &+ rank]
      body(first + Int64(slot), answer)
    }
  }

  /// Pages side by side, taken out of a table.
  struct TakenChunk {
    let index: Int
    var chunk: PageTable.Chunk
    /// The index of the first page.
    var first: Int { index * PageTable.pagesPerChunk }
  }

  /// Takes out every chunk with pages, to be changed and put back: of the pages that are found by
  /// their numbers, or of those that are found by hashing.
  mutating func takeChunks(isDense: Bool) -> [TakenChunk] {
    isDense ? dense.takeChunks() : sparse.takeChunks()
  }

  /// Puts back what ``takeChunks(isDense:)`` took.
  mutating func putChunks(_ chunks: [TakenChunk], isDense: Bool) {
    for chunk in chunks {
      if isDense {
        dense.put(chunk.chunk, chunk: chunk.index)
      } else {
        sparse.put(chunk.chunk, chunk: chunk.index)
      }
    }
  }

  /// Calls `body` with every page and its number, ascending.
  func forEachPage(_ body: (Int, Page) -> Void) {
    dense.forEachPage(body)
    var rest: [(Int, Page)] = []
    rest.reserveCapacity(sparsePageCount)
    sparse.forEachPage { _, page in rest.append((page.hashedNumber, page)) }
    rest.sort { $0.0 < $1.0 }
    for (number, page) in rest { body(number, page) }
  }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014): neighbouring numbers land far apart.
private func mixed(_ value: UInt64) -> UInt64 {
  var mixed = value &+ 0x9e37_79b9_7f4a_7c15
  mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
  mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
  return mixed ^ (mixed >> 31)
}

extension Array {
  /// The first index whose element, and so every later one, meets `predicate`.
  fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var lower = 0
    var upper = count
    while lower < upper {
      let middle = (lower + upper) / 2
      if predicate(self[middle]) { upper = middle } else { lower = middle + 1 }
    }
    return lower
  }
}
