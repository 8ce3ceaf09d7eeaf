/// Looks at every word of pages that others wrote, so that nobody has to be careful later.
struct PageCheck {
  /// The codes that words may name.
  let codeCount: Int
  /// The lists that answers may name.
  let listCount: Int
  /// The numbers that answers which stand apart may have.
  let answerCount: Int

  /// Checks a page without its number, and counts its namespaces and events.
  ///
  /// - Parameters:
  ///   - words: All of the page's.
  ///   - number: The page's number.
  ///   - part: Counts the namespaces, and their events but for those of states that stand elsewhere.
  ///   - moved: Gets the ids of states that stand elsewhere, in order.
  /// - Throws: ``SnapshotError/damaged(_:)``.
  func check(
    _ words: Span<UInt32>,
    _ number: Int,
    _ part: inout ProjectionSnapshotReader.Part,
    _ moved: inout [Int64]
  ) throws(SnapshotError) {
    guard words.count > 0 else { throw .damaged("a page is empty") }
    let shape = PageShape(words[0])
    guard words[0] & 0xfe00 == 0, shape.count > 0, shape.runs <= words.count else {
      throw .damaged("a page's first word is wrong")
    }
    try checkMasks(words, shape)
    guard number > 0 || PageShape.mask(words, 0) & 1 == 0 || words[0] & 1 == 0 else {
      throw .damaged("there is a namespace 0")
    }
    for index in shape.answers..<shape.places {
      let list = words[index] & 0xffff
      guard list < listCount || list == Page.noAnswer else {
        throw .damaged("an answer names no list")
      }
    }
    part.namespaceCount += shape.count
    try checkRuns(words, shape, number, &part, &moved)
  }

  /// Checks the answers that stand apart from a page that was checked: there is one for each of its
  /// namespaces, and no other.
  func check(_ answers: Span<UInt16>, of words: Span<UInt32>) throws(SnapshotError) {
    let shape = PageShape(words[0])
    var largest: UInt16 = 0
    for slot in answers.indices { largest = max(largest, answers[slot]) }
    guard largest < answerCount else { throw .damaged("an answer has no number") }
    var index = 0
    for block in 0..<Page.blocksPerPage {
      let isThere = shape.blocks &>> UInt32(block) & 1 == 1
      let mask = isThere ? PageShape.mask(words, index) : 0
      if isThere { index += 1 }
      guard Self.mask(of: answers.extracting(block * 64..<(block + 1) * 64)) == mask else {
        throw .damaged("an answer is missing, or is of no namespace")
      }
    }
  }

  /// Which of 64 answers are there.
  @inline(__always)
  private static func mask(of answers: Span<UInt16>) -> UInt64 {
    var mask: UInt64 = 0
    for slot in answers.indices {
      let isThere: UInt64 = answers[slot] == AnswerLists.stranger ? 0 : 1
      mask |= isThere &<< UInt64(truncatingIfNeeded: slot)
    }
    return mask
  }

  private func checkMasks(_ words: Span<UInt32>, _ shape: PageShape) throws(SnapshotError) {
    var sum = 0
    for index in 0..<shape.blockCount {
      let mask = PageShape.mask(words, index)
      guard mask != 0, words[PageShape.masks + PageShape.wordsPerBlock * index + 2] == sum else {
        throw .damaged("a page miscounts its namespaces")
      }
      sum += mask.nonzeroBitCount
    }
    guard sum == shape.count else { throw .damaged("a page miscounts its namespaces") }
  }

  private func checkRuns(
    _ words: Span<UInt32>,
    _ shape: PageShape,
    _ number: Int,
    _ part: inout ProjectionSnapshotReader.Part,
    _ moved: inout [Int64]
  ) throws(SnapshotError) {
    var unusual = UnusualWords(from: shape.runs, entryLimit: entryLimit)
    var next = unusual.next(words)
    var start = shape.runs
    for rank in 0..<shape.count {
      let (length, extra) = shape.place(words, rank)
      let end = start &+ length
      guard end <= words.count else { throw .damaged("a page is too short") }
      part.eventCount += extra
      if end <= next {
        // Most runs are entries of one word each.
        part.eventCount += length
      } else if length == 1, words[start] == Page.movedOut {
        moved.append(Page.firstID(number) + Int64(shape.slot(words, rank: rank)))
      } else {
        part.eventCount += try eventCount(ofUnusual: words.extracting(start..<end))
      }
      start = end
      while next < end { next = unusual.next(words) }
    }
    guard start == words.count else { throw .damaged("a page is too long") }
  }

  /// The events that a run counts; throws when it is none.
  func eventCount(ofRun run: Span<UInt32>) throws(SnapshotError) -> Int {
    var unusual = UnusualWords(from: 0, entryLimit: entryLimit)
    return unusual.next(run) == run.count ? run.count : try eventCount(ofUnusual: run)
  }

  /// Codes below it are known, and stand in the word itself.
  private var entryLimit: UInt32 { min(UInt32(clamping: codeCount), Entry.escape) }

  @inline(never)
  private func eventCount(ofUnusual run: Span<UInt32>) throws(SnapshotError) -> Int {
    var count = 0
    var hasVersion = false
    var index = 0
    while index < run.count {
      let word = run[index]
      let tag = word & ~Entry.dataMask
      if Entry.begins(word) {
        try expectMore(Self.moreCount(of: word), after: index, of: run)
        guard Entry(word, at: index, of: run).code < codeCount else {
          throw .damaged("an entry names no code")
        }
        count += 1
        index += Self.moreCount(of: word)
      } else if tag == Entry.versionTag, !hasVersion {
        try expectMore(1, after: index, of: run)
        hasVersion = true
        count += Int(word & Entry.dataMask) << 8 + Int(run[index + 1]) << 32
        index += 1
      } else if tag == Entry.parentTag, index == 0 {
        while index < 2, index + 1 < run.count, Entry.isMore(run[index + 1]) { index += 1 }
        guard Run.parent(run) > 0 else { throw .damaged("a parent is none") }
      } else {
        throw .damaged("a word is none of ours")
      }
      index += 1
    }
    return count
  }

  /// How many words carry more of an entry's first.
  private static func moreCount(of word: UInt32) -> Int {
    if (word &>> 24 & 31) &- 1 == Entry.escape { return 2 }
    return word &>> 16 & 0xff == Entry.Length.behind ? 1 : 0
  }

  private func expectMore(
    _ count: Int,
    after index: Int,
    of run: Span<UInt32>
  ) throws(SnapshotError) {
    guard index + count < run.count else { throw .damaged("an entry is cut off") }
    for place in index + 1..<index + 1 + count where !Entry.isMore(run[place]) {
      throw .damaged("an entry is cut off")
    }
  }
}

/// Finds the words that are not an entry of one word, in blocks that the compiler looks at at once.
private struct UnusualWords {
  private static let blockWordCount = 64

  /// The codes of entries of one word are below.
  let entryLimit: UInt32
  /// The words before were looked at one by one.
  private var index: Int

  init(from index: Int, entryLimit: UInt32) {
    self.index = index
    self.entryLimit = entryLimit
  }

  /// The index of the next one; the number of words when there is none.
  mutating func next(_ words: Span<UInt32>) -> Int {
    while index < words.count {
      let end = min(index &+ Self.blockWordCount, words.count)
      let block = words.extracting(index..<end)
      if hasUnusual(block) {
        for place in block.indices where isUnusual(block[place]) != 0 {
          let found = index &+ place
          index = found &+ 1
          return found
        }
      }
      index = end
    }
    return words.count
  }

  @inline(__always)
  private func hasUnusual(_ block: Span<UInt32>) -> Bool {
    var any: UInt32 = 0
    for place in block.indices { any |= isUnusual(block[place]) }
    return any != 0
  }

  /// 1 for a word that is not an entry of one word.
  @inline(__always)
  private func isUnusual(_ word: UInt32) -> UInt32 {
    let isOfKnownCode = (word &>> 24 & 31) &- 1 < entryLimit
    let isLong = word & 0xff_0000 == 0xff_0000
    return (isOfKnownCode ? 0 : 1) | (isLong ? 1 : 0)
  }
}
