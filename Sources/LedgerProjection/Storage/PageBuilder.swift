// May say `unsafe`. What it exports is safe to call with any arguments: a wrong offset traps.

/// Builds pages anew with the facts that came for them.
///
/// Old runs and new entries are put one behind the other in memory that is kept from page to page
/// (and stays in the cache); then the page gets exactly the room it needs.
@safe
struct PageBuilder: ~Copyable {
  /// What stands aside of the facts of one batch.
  struct Side {
    var aside: [Fact.Aside]
    var parents: [Int64]
  }

  /// The number of namespaces that got their first event.
  private(set) var namespacesMade = 0
  /// The number of pages that got their first namespace.
  private(set) var pagesMade = 0
  /// The states that have outgrown their pages, as they are now.
  private(set) var large: [Int64: [UInt32]] = [:]

  private let answers: UnsafeMutablePointer<UInt32>
  private let places: UnsafeMutablePointer<UInt16>
  /// Which ids are there in each block, before and after; and how many before each block, before.
  private var old = InlineArray<8, UInt64>(repeating: 0)
  private var new = InlineArray<8, UInt64>(repeating: 0)
  private var oldSums = InlineArray<8, Int>(repeating: 0)
  /// The runs made so far, and the one that is being made.
  var runs: UnsafeMutablePointer<UInt32>
  private var capacity = 4_096
  /// Whether the answers of the page that is built stand apart.
  private var isApart = false

  init() {
    // Sound: words are written before they are read; `reserve` replaces `runs` by a larger copy.
    unsafe answers = .allocate(capacity: Page.idsPerPage)
    unsafe places = .allocate(capacity: Page.idsPerPage)
    unsafe runs = .allocate(capacity: capacity)
  }

  deinit {
    // Sound: this owns what it allocated.
    unsafe answers.deallocate()
    unsafe places.deallocate()
    unsafe runs.deallocate()
  }

  /// Forgets what was made so far.
  mutating func clear() {
    namespacesMade = 0
    pagesMade = 0
    large = [:]
  }

  private mutating func reserve(_ wordCount: Int, keeping used: Int) {
    guard wordCount > capacity else { return }
    let grown = max(wordCount, capacity * 2)
    // Sound: the words in use are copied before the old memory goes.
    let target = UnsafeMutablePointer<UInt32>.allocate(capacity: grown)
    unsafe target.update(from: runs, count: used)
    unsafe runs.deallocate()
    unsafe runs = target
    capacity = grown
  }

  /// Folds facts into a page.
  ///
  /// - Parameters:
  ///   - page: Is replaced.
  ///   - number: The page's number.
  ///   - isHashed: Whether it is found by hashing, so that its number must stand in it.
  ///   - isApart: Whether its answers stand apart, as before if there are any.
  ///   - facts: At least one; ids do not descend, and the facts of an id are in log order.
  ///   - sides: What stands aside of the facts, by part.
  ///   - former: The states that have outgrown their pages so far.
  /// - Complexity: O(words of the page + facts).
  mutating func rebuild(
    _ page: inout Page,
    number: Int,
    isHashed: Bool,
    isApart: Bool,
    _ facts: Span<UInt64>,
    sides: [Side],
    former: [Int64: [UInt32]]
  ) {
    if page.isEmpty { pagesMade &+= 1 }
    precondition(page.isEmpty || page.isApart == isApart, "answers stand elsewhere")
    self.isApart = isApart
    // A fact makes at most four words: a parent on top.
    reserve(page.words.count + facts.count * 4 + Page.idsPerPage, keeping: 0)
    let shape = PageShape(page.words[0])
    readMasks(page.words.span, shape)
    var from = Position(rank: 0, word: shape.runs)
    var to = Position(rank: 0, word: 0)
    let first = Page.firstID(number)
    var index = 0
    while index < facts.count {
      let slot = Int(truncatingIfNeeded: facts[index]) & (Page.idsPerPage - 1)
      let block = slot &>> 6
      let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: slot & 63)
      let rank = oldSums[block] &+ (old[block] & (bit &- 1)).nonzeroBitCount
      if rank > from.rank { copy(page.words, shape, &from, upTo: rank, &to) }
      var run = OpenRun(start: to.word, end: to.word, extra: 0, isLarge: false)
      let id = first &+ Int64(truncatingIfNeeded: slot)
      if old[block] & bit != 0 {
        open(page.words, shape, &from, &run, id, former, factCount: facts.count - index)
      } else {
        new[block] |= bit
        namespacesMade &+= 1
      }
      repeat {
        apply(Fact(bits: facts[index]), &run, sides)
        index &+= 1
      } while index < facts.count
        && Int(truncatingIfNeeded: facts[index]) & (Page.idsPerPage - 1) == slot
      close(&run, id, &to)
    }
    if from.rank < shape.count { copy(page.words, shape, &from, upTo: shape.count, &to) }
    page.words = finished(to, number: isHashed ? number : nil)
  }

  /// Reads which ids are there.
  private mutating func readMasks(_ words: Span<UInt32>, _ shape: PageShape) {
    var index = 0
    var sum = 0
    for block in 0..<Page.blocksPerPage {
      let isThere = shape.blocks &>> UInt32(block) & 1 == 1
      let mask = isThere ? PageShape.mask(words, index) : 0
      if isThere { index &+= 1 }
      old[block] = mask
      new[block] = mask
      oldSums[block] = sum
      sum &+= mask.nonzeroBitCount
    }
  }

  /// A namespace and the first word of its run, in a page that is read or made.
  private struct Position {
    var rank: Int
    var word: Int
  }

  /// The run that is being made: the last in `runs`.
  struct OpenRun {
    let start: Int
    var end: Int
    /// The events of the version that have no entry and are not counted in the run.
    var extra: Int
    var isLarge: Bool
  }

  /// Copies namespaces that get no facts.
  @inline(__always)
  private mutating func copy(
    _ words: [UInt32],
    _ shape: PageShape,
    _ from: inout Position,
    upTo rank: Int,
    _ to: inout Position
  ) {
    let words = words.span
    let count = rank &- from.rank
    let length = shape.runWordCount(words, from: from.rank, upTo: rank)
    precondition(to.rank + count <= Page.idsPerPage && shape.runs <= words.count)
    // Sound: source and target ranges were checked; places are halves of words, the low one first.
    unsafe words.withUnsafeBufferPointer { words in
      guard let base = words.baseAddress else { return }
      if !isApart {
        unsafe (answers + to.rank).update(from: base + shape.answers + from.rank, count: count)
      }
      let source = unsafe UnsafeRawPointer(base + shape.places) + from.rank * 2
      unsafe UnsafeMutableRawPointer(places + to.rank).copyMemory(
        from: source,
        byteCount: count * 2
      )
    }
    copyWords(words, from.word..<from.word &+ length, at: to.word)
    to = Position(rank: to.rank &+ count, word: to.word &+ length)
    from = Position(rank: rank, word: from.word &+ length)
  }

  /// Copies words of a page behind the runs made so far.
  @inline(__always)
  private mutating func copyWords(_ words: Span<UInt32>, _ range: Range<Int>, at target: Int) {
    precondition(range.upperBound <= words.count && target + range.count <= capacity)
    // Sound: both ranges were checked.
    unsafe words.withUnsafeBufferPointer { words in
      guard let base = words.baseAddress else { return }
      let source = unsafe base + range.lowerBound
      let target = unsafe runs + target
      let count = range.count
      if count > 24 {
        unsafe target.update(from: source, count: count)
        return
      }
      var index = 0
      while index &+ 4 <= count {
        let four = unsafe UnsafeRawPointer(source + index).loadUnaligned(as: SIMD4<UInt32>.self)
        unsafe UnsafeMutableRawPointer(target + index).storeBytes(of: four, as: SIMD4<UInt32>.self)
        index &+= 4
      }
      while index < count {
        unsafe target[index] = source[index]
        index &+= 1
      }
    }
  }

  /// Begins with what a namespace has.
  @inline(__always)
  private mutating func open(
    _ words: [UInt32],
    _ shape: PageShape,
    _ from: inout Position,
    _ run: inout OpenRun,
    _ id: Int64,
    _ former: [Int64: [UInt32]],
    factCount: Int
  ) {
    let (length, extra) = shape.place(words.span, from.rank)
    from.rank &+= 1
    run.extra = extra
    if length == 1, words[from.word] == Page.movedOut {
      openLarge(large[id] ?? former[id] ?? [], &run, factCount: factCount)
    } else {
      copyWords(words.span, from.word..<(from.word &+ length), at: run.start)
      run.end = run.start &+ length
    }
    from.word &+= length
  }

  @inline(never)
  private mutating func openLarge(_ words: [UInt32], _ run: inout OpenRun, factCount: Int) {
    // What follows in the page is at most as long as a page without large states.
    let rest = Page.idsPerPage * (Page.runWordCountMax + 1) + factCount * 4
    reserve(run.start + words.count + rest, keeping: run.start)
    copyWords(words.span, 0..<words.count, at: run.start)
    run.end = run.start + words.count
    run.isLarge = true
  }

  /// Ends a namespace's run.
  @inline(__always)
  private mutating func close(_ run: inout OpenRun, _ id: Int64, _ to: inout Position) {
    if run.extra > 0xff { carry(&run) }
    var length = run.end &- run.start
    if length > Page.runWordCountMax || run.isLarge {
      // Sound: these words were written.
      let words = unsafe UnsafeBufferPointer(start: runs + run.start, count: length)
      large[id] = unsafe Array(words)
      length = 1
      unsafe runs[run.start] = Page.movedOut
      run.end = run.start &+ 1
    }
    // Sound: there are as many places as ids.
    unsafe places[to.rank] = UInt16(truncatingIfNeeded: length | run.extra &<< 8)
    unsafe answers[to.rank] = Page.noAnswer
    to.rank &+= 1
    to.word = run.end
  }

  /// The page's words, in exactly the room they need.
  private func finished(_ end: Position, number: Int?) -> [UInt32] {
    var blocks: UInt32 = 0
    for block in new.indices where new[block] != 0 { blocks |= 1 &<< UInt32(block) }
    if isApart { blocks |= Page.apartBit }
    let word = blocks | UInt32(truncatingIfNeeded: end.rank) &<< 16
    let shape = PageShape(word)
    let total = shape.runs + end.word + (number == nil ? 0 : Page.numberWordCount)
    return unsafe [UInt32](unsafeUninitializedCapacity: total) { buffer, initializedCount in
      guard let base = buffer.baseAddress else { return }
      // Sound: the parts lie behind one another and fill the buffer; a place without a partner is
      // zero; what is copied was written.
      unsafe base[0] = word
      unsafe base[shape.runs - 1] = 0
      var index = PageShape.masks
      var sum = 0
      for block in new.indices where new[block] != 0 {
        unsafe base[index] = UInt32(truncatingIfNeeded: new[block])
        unsafe base[index + 1] = UInt32(truncatingIfNeeded: new[block] >> 32)
        unsafe base[index + 2] = UInt32(truncatingIfNeeded: sum)
        sum += new[block].nonzeroBitCount
        index += PageShape.wordsPerBlock
      }
      unsafe (base + shape.answers).initialize(from: answers, count: shape.answerCount)
      unsafe UnsafeMutableRawPointer(base + shape.places).copyMemory(
        from: places,
        byteCount: shape.count * 2
      )
      unsafe (base + shape.runs).initialize(from: runs, count: end.word)
      if let number {
        unsafe base[total - 2] = UInt32(truncatingIfNeeded: number)
        unsafe base[total - 1] = UInt32(truncatingIfNeeded: number >> 32)
      }
      initializedCount = total
    }
  }
}
