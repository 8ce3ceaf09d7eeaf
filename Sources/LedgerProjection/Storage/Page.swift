/// The packed states of the namespaces among 512 consecutive ids: only of those that there are.
///
/// One array of 32-bit words. Of the 8 blocks of 64 ids, b have namespaces, n in all:
///
/// | words | what |
/// | ----- | ---- |
/// | 1 | bits 0–7 which blocks those are, 8 whether answers stand apart, 16–31 n |
/// | 3 b | block by block, which of the 64 ids are there, and how many in the blocks before |
/// | n | answers, in the order of the ids: bits 0–15 the list's number, 16–31 its `valid_until`; none where they stand apart (``PageTable/Chunk``) |
/// | (n + 1) / 2 | places of 16 bits each, in the same order |
/// | … | n runs of words, in the same order |
/// | 0 or 2 | the page's number, where pages are found by hashing |
///
/// A place: bits 0–7 how long the run is, in words; bits 8–15 how many events of the version have no
/// entry. A run: at first the parent, if there is one, and then entries (``Entry``) in log order. A
/// state of more than ``runWordCountMax`` words stands elsewhere (``PageDirectory/large``), and
/// ``movedOut`` is its only word here.
///
/// No word is free: a page is built anew when one of its namespaces gets an event
/// (``PageBuilder``). That is one copy, which the view in use costs anyway.
///
/// A value: a copy shares the words until one of the two is changed.
///
/// Sketch, at 171 namespaces a page with 10 events each: 4 + 2 + 37 bytes a namespace, and a 171st of
/// 160 bytes: header, array, allocator, reference. A larger page would find answers faster and be
/// copied more slowly: that of 7 KB takes about a microsecond.
struct Page: Equatable, Sendable {
  /// The bits of an id that tell it from the others of its page.
  static let idBitCount = 9
  static let idsPerPage = 1 << idBitCount
  static let blocksPerPage = idsPerPage / 64
  /// The list's number of an answer that is not known.
  static let noAnswer: UInt32 = 0xffff
  /// The longest run in a page, in words.
  static let runWordCountMax = 255
  /// The word in place of a run that stands elsewhere; no entry is like it.
  static let movedOut: UInt32 = 3 << 29
  /// The words of a page's number.
  static let numberWordCount = 2
  /// Set in the first word where the answers stand apart.
  static let apartBit: UInt32 = 1 << 8
  /// The words of every page without namespaces.
  private static let noWords: [UInt32] = [0]

  /// See above; never empty.
  var words: [UInt32]

  /// A page without namespaces.
  init() {
    words = Self.noWords
  }

  var isEmpty: Bool { words[0] == 0 }
  /// Whether the answers stand apart.
  var isApart: Bool { words[0] & Self.apartBit != 0 }
  var count: Int { Int(words[0] >> 16) }

  /// The number of a page that is found by hashing.
  var hashedNumber: Int {
    Int(words[words.count - 2]) | Int(words[words.count - 1]) << 32
  }

  /// Adds the number, as the page is found by hashing from now on.
  mutating func addNumber(_ number: Int) {
    words.append(UInt32(truncatingIfNeeded: number))
    words.append(UInt32(truncatingIfNeeded: number >> 32))
  }

  /// The number of the page that has an id.
  @inline(__always)
  static func number(of id: Int64) -> Int { Int(id &>> Int64(idBitCount)) }

  /// The first id of a page.
  @inline(__always)
  static func firstID(_ number: Int) -> Int64 { Int64(number) &<< Int64(idBitCount) }

  /// Where an id is in its page.
  @inline(__always)
  static func slot(of id: Int64) -> Int { Int(truncatingIfNeeded: id) & (idsPerPage - 1) }
}

/// Where the parts of a page's words are.
struct PageShape {
  /// Which blocks have namespaces.
  let blocks: UInt32
  let blockCount: Int
  let count: Int
  /// The words of answers.
  let answerCount: Int

  /// Reads the first word of a page.
  @inline(__always)
  init(_ word: UInt32) {
    blocks = word & 0xff
    blockCount = blocks == 0xff ? Page.blocksPerPage : blocks.nonzeroBitCount
    count = Int(word &>> 16)
    answerCount = word & Page.apartBit == 0 ? count : 0
  }

  /// The index of the first of three words a block: two with which ids are there, and the number of
  /// namespaces in the blocks before; side by side, so that they are read at once.
  static let masks = 1
  static let wordsPerBlock = 3
  @inline(__always) var answers: Int { Self.masks &+ Self.wordsPerBlock &* blockCount }
  @inline(__always) var places: Int { answers &+ answerCount }
  @inline(__always) var runs: Int { places &+ (count &+ 1) &>> 1 }

  /// The 16 bits at `index` of those that begin with the word `start`.
  @inline(__always)
  static func half(_ words: Span<UInt32>, from start: Int, _ index: Int) -> Int {
    let shift = UInt32(truncatingIfNeeded: (index & 1) &<< 4)
    return Int(words[start &+ index &>> 1] &>> shift & 0xffff)
  }

  /// Which ids of the `index`-th of the blocks that have namespaces are there.
  @inline(__always)
  static func mask(_ words: Span<UInt32>, _ index: Int) -> UInt64 {
    let first = masks &+ wordsPerBlock &* index
    return UInt64(words[first]) | UInt64(words[first &+ 1]) &<< 32
  }

  /// How many namespaces are in the blocks before the `index`-th of those that have any.
  @inline(__always)
  static func sum(_ words: Span<UInt32>, _ index: Int) -> Int {
    Int(words[masks &+ wordsPerBlock &* index &+ 2])
  }

  /// The place of the namespace at that rank: the length of its run, and the events of its version
  /// that have no entry.
  @inline(__always)
  func place(_ words: Span<UInt32>, _ rank: Int) -> (length: Int, extra: Int) {
    let place = Self.half(words, from: places, rank)
    return (place & 0xff, place &>> 8)
  }

  /// The number of namespaces before the one at that slot; `nil` when it is not there.
  @inline(__always)
  func rank(_ words: Span<UInt32>, slot: Int) -> Int? {
    let block: UInt32 = 1 &<< UInt32(truncatingIfNeeded: slot &>> 6)
    guard blocks & block != 0 else { return nil }
    // Where ids are dense every block is there, and nothing has to be counted.
    let index = blocks == 0xff ? slot &>> 6 : (blocks & (block &- 1)).nonzeroBitCount
    let mask = Self.mask(words, index)
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: slot & 63)
    guard mask & bit != 0 else { return nil }
    return Self.sum(words, index) &+ (mask & (bit &- 1)).nonzeroBitCount
  }

  /// The slot of the namespace at that rank.
  ///
  /// - Complexity: O(blocks + ids of a block).
  func slot(_ words: Span<UInt32>, rank: Int) -> Int {
    var rest = blocks
    var index = 0
    while index + 1 < blockCount, Self.sum(words, index + 1) <= rank {
      rest &= rest &- 1
      index += 1
    }
    var mask = Self.mask(words, index)
    for _ in 0..<rank - Self.sum(words, index) { mask &= mask &- 1 }
    return rest.trailingZeroBitCount << 6 + mask.trailingZeroBitCount
  }

  /// The words of the runs from one rank up to another.
  ///
  /// - Complexity: O(ranks).
  @inline(__always)
  func runWordCount(_ words: Span<UInt32>, from lower: Int, upTo upper: Int) -> Int {
    guard lower < upper else { return 0 }
    var sum = 0
    var first = lower
    if first & 1 == 1 {
      sum = place(words, first).length
      first &+= 1
    }
    // Two lengths at a time.
    var pairs: UInt64 = 0
    for pair in places &+ first &>> 1..<places &+ upper &>> 1 {
      let word = UInt64(words[pair])
      pairs &+= word & 0xff | (word & 0xff_0000) &<< 16
    }
    sum &+= Int(pairs & 0xffff_ffff) &+ Int(pairs &>> 32)
    if upper & 1 == 1, upper > first { sum &+= place(words, upper &- 1).length }
    return sum
  }

  /// Where the run of the namespace at that rank is, and the events of its version that have no
  /// entry; the run is `nil` when it stands elsewhere.
  ///
  /// - Complexity: O(rank).
  @inline(__always)
  func locate(_ words: Span<UInt32>, _ rank: Int) -> (run: Range<Int>?, extra: Int) {
    let start = runs &+ runWordCount(words, from: 0, upTo: rank)
    let (length, extra) = place(words, rank)
    let isElsewhere = length == 1 && words[start] == Page.movedOut
    return (isElsewhere ? nil : start..<start &+ length, extra)
  }
}

/// Goes through the slots of a page's namespaces in order.
struct SlotCursor {
  private var rest: UInt32
  private var index = 0
  private var mask: UInt64 = 0
  private var first = 0

  init(_ shape: PageShape) {
    rest = shape.blocks
  }

  /// The slot of the next namespace.
  ///
  /// - Precondition: There is one.
  @inline(__always)
  mutating func next(_ words: Span<UInt32>) -> Int {
    if mask == 0 {
      mask = PageShape.mask(words, index)
      first = rest.trailingZeroBitCount &<< 6
      rest &= rest &- 1
      index &+= 1
    }
    defer { mask &= mask &- 1 }
    return first &+ mask.trailingZeroBitCount
  }
}
