/// Every page, found by its number: directly where pages are dense, by hashing where they are not.
///
/// Page numbers below ``dense``'s limit are indexes; all others stand in ``sparse``, an
/// open-addressing hash table with linear probing whose slots are pages themselves. The limit
/// follows the data: whenever the hash table would grow, it is moved up to the highest number below
/// which at least one page in eight is there, and the pages below it leave the hash table.
struct PageDirectory: Sendable {
  /// The pages below the limit, by number.
  private(set) var dense = PageTable()
  /// The others, by slot.
  private(set) var sparse = PageTable()
  /// The number of pages in ``dense``.
  var densePageCount = 0
  /// The number of pages in ``sparse``.
  private(set) var sparsePageCount = 0
  private var slotMask = -1
  /// The states that have outgrown their pages, by id, each in a page of its own.
  var large: [Int64: Page] = [:]
  /// What reading ahead has read; of no meaning, but that it is kept keeps the reads.
  var readAhead: UInt64 = 0

  private static let sparseSlotCountMin = 1_024
  private static let pagesPerPresentPageMax = 8

  init() {
    dense.extend(to: 1)
  }

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

  /// The page of that number, for changing it in place; it must not be left empty.
  subscript(number: Int) -> Page {
    get { page(number) }
    @inline(__always)
    _modify {
      if number < dense.limit {
        yield &dense[number]
      } else {
        let slot = claimSlot(number)
        // Claiming may have made the number a dense one.
        if slot >= 0 {
          yield &sparse[slot]
        } else {
          yield &dense[number]
        }
      }
    }
  }

  /// Changes the pages of a dense chunk in place.
  mutating func updateDenseChunk(_ chunk: Int, _ body: (inout [Page]) -> Void) {
    dense.updateChunk(chunk, body)
  }

  /// Notes that a page was made, which the caller knows.
  @inline(__always)
  mutating func countPage(_ number: Int) {
    if number < dense.limit { densePageCount += 1 } else { sparsePageCount += 1 }
  }

  /// The slot at which the page of that number is or would be.
  private func slot(_ number: Int) -> Int {
    var slot = Int(truncatingIfNeeded: mixed(UInt64(number))) & slotMask
    while true {
      let page = sparse.page(slot)
      if page.isEmpty || page.number == number { return slot }
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
    reorganize()
    return number < dense.limit ? -1 : slot(number)
  }

  /// Moves the dense limit to where it belongs and makes the hash table as large as the rest needs.
  private mutating func reorganize() {
    var pages: [Page] = []
    pages.reserveCapacity(sparsePageCount)
    sparse.forEachPage { pages.append($0) }
    sparse = PageTable()
    pages.sort { $0.number < $1.number }

    var limit = dense.limit
    for (index, page) in pages.enumerated() {
      let count = densePageCount + index + 1
      if page.number / Self.pagesPerPresentPageMax < count { limit = max(limit, page.number + 1) }
    }
    dense.extend(to: limit)
    let moved = pages.partitioningIndex { $0.number >= dense.limit }
    for page in pages[..<moved] { dense[page.number] = page }
    densePageCount += moved
    sparsePageCount = pages.count - moved

    var slotCount = Self.sparseSlotCountMin
    while slotCount < (sparsePageCount + 1) * 2 { slotCount *= 2 }
    slotMask = slotCount - 1
    sparse.extend(to: slotCount)
    for page in pages[moved...] { sparse[slot(page.number)] = page }
  }

  /// The page and the rank in it at which the state of `id` is; `nil` when there is none.
  @inline(__always)
  func find(_ id: Int64) -> (page: Page, rank: Int)? {
    guard id > 0 else { return nil }
    let page = page(Int(id >> 6))
    let bit: UInt64 = 1 &<< UInt64(id & 63)
    guard page.present & bit != 0 else { return nil }
    let rank = Page.rank(bit, page.words[0])
    if Page.isMovedOut(page.words.span, rank), let own = large[id] { return (own, 0) }
    return (page, rank)
  }

  /// Calls `body` with each id on `page` and where its state is, ascending.
  func forEachState(on page: Page, _ body: (Int64, Page, Int) -> Void) {
    var rest = page.present
    var rank = 0
    while rest != 0 {
      let id = Int64(page.number << 6 + rest.trailingZeroBitCount)
      if Page.isMovedOut(page.words.span, rank), let own = large[id] {
        body(id, own, 0)
      } else {
        body(id, page, rank)
      }
      rest &= rest &- 1
      rank += 1
    }
  }

  /// Calls `body` with every page, by ascending number.
  func forEachPage(_ body: (Page) -> Void) {
    dense.forEachPage(body)
    var rest: [Page] = []
    rest.reserveCapacity(sparsePageCount)
    sparse.forEachPage { rest.append($0) }
    rest.sort { $0.number < $1.number }
    for page in rest { body(page) }
  }

  /// Changes every page that meets `condition`, in place and in no particular order.
  mutating func updateEachPage(where condition: (Page) -> Bool, _ body: (inout Page) -> Void) {
    dense.updateEachPage(where: condition, body)
    sparse.updateEachPage(where: condition, body)
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
