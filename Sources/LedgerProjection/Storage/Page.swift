/// The packed states of the namespaces among 64 consecutive ids: only of those that there are.
///
/// One array of 64-bit words, empty when there is none of them:
///
/// | words | what |
/// | ----- | ---- |
/// | 0 | which of the 64 ids are there (n) |
/// | 1 | which of them have an answer |
/// | 2 | the date from which all answers hold |
/// | 3 | the page's number: id / 64 |
/// | 4 … | n slots, in the order of the ids |
/// | … | n runs of words, in the order of the ids |
/// | last | zero, so that eight bytes can be read from any byte of a run |
///
/// A slot: bits 0–31 the answer (its list's number, then its `valid_until`); bits 32–47 where the
/// run begins, in words after the slots; bits 48–63 the version, modulo 65,536. A run's first byte:
/// bits 0–5 how many of its last bytes are free, bit 6 subgroup, bit 7 moved out; the others:
/// entries (``Entry``), in log order.
///
/// A state whose run outgrows ``runWordCountMax`` moves out, to a page of its own; what stays is its
/// place and its answer. So offsets keep to their bits, and a namespace with very many events costs
/// its neighbours nothing.
///
/// A value: a copy shares the words until one of the two is changed.
///
/// Sketch, at 21 namespaces a page with 8 events each: 8 bytes of slot, 1 + 29 bytes of run and 6
/// free, and a 21st of 100 bytes: header, array, allocator, reference.
struct Page: Equatable, Sendable {
  static let headerWordCount = 4
  static let slackMask: UInt64 = 0x3f
  static let subgroupBit: UInt64 = 0x40
  static let movedOutBit: UInt64 = 0x80
  /// The longest run in a page that has others, in words.
  static let runWordCountMax = 512

  /// See above; empty when the page holds no namespace.
  var words: [UInt64] = []

  var isEmpty: Bool { words.isEmpty }
  var present: UInt64 { words.isEmpty ? 0 : words[0] }
  var number: Int { Int(words[3]) }

  /// The number of ids before the one with that bit.
  @inline(__always)
  static func rank(_ bit: UInt64, _ present: UInt64) -> Int {
    (present & (bit &- 1)).nonzeroBitCount
  }

  /// The word's index after the slots, from which offsets count.
  @inline(__always)
  static func runsIndex(_ words: Span<UInt64>) -> Int {
    headerWordCount &+ words[0].nonzeroBitCount
  }

  /// The words' indexes of the run of the id at that rank.
  @inline(__always)
  static func run(_ words: Span<UInt64>, _ rank: Int) -> Range<Int> {
    let slot = headerWordCount &+ rank
    let runs = runsIndex(words)
    let start = runs &+ Int((words[slot] &>> 32) & 0xffff)
    // After the last slot stands the first run.
    let end =
      slot &+ 1 == runs ? words.count &- 1 : runs &+ Int((words[slot &+ 1] &>> 32) & 0xffff)
    return start..<end
  }

  /// The bytes of the entries of the run.
  @inline(__always)
  static func entries(_ words: Span<UInt64>, _ run: Range<Int>) -> Range<Int> {
    let end = run.upperBound &<< 3 &- Int(words[run.lowerBound] & slackMask)
    return (run.lowerBound &<< 3 &+ 1)..<end
  }

  /// The rank of the id with that bit, which gets an empty state when there is none.
  @inline(__always)
  mutating func ensure(_ bit: UInt64, pageNumber: Int) -> Int {
    if words.isEmpty { start(pageNumber) }
    let present = words[0]
    let rank = Self.rank(bit, present)
    if present & bit == 0 { insert(bit, rank) }
    return rank
  }

  private mutating func start(_ pageNumber: Int) {
    words.reserveCapacity(10)
    words.append(0)
    words.append(0)
    words.append(0)
    words.append(UInt64(pageNumber))
    words.append(0)
  }

  private mutating func insert(_ bit: UInt64, _ rank: Int) {
    let count = words[0].nonzeroBitCount
    let run = rank < count ? Self.run(words.span, rank).lowerBound : words.count - 1
    let offset = run - Self.headerWordCount - count
    let end = words.count
    makeRoom(2)
    // From the end: what follows the new run, then what lies between the new slot and it.
    moveWords(&words, from: run, count: end - run, by: 2)
    let slot = Self.headerWordCount + rank
    moveWords(&words, from: slot, count: run - slot, by: 1)
    words[run + 1] = 7
    words[slot] = UInt64(offset) << 32
    words[0] |= bit
    shiftOffsets(after: rank, by: 1)
  }

  /// Makes the run of the id at that rank longer by at least a word.
  ///
  /// - Complexity: O(words of the page).
  @inline(never)
  mutating func growRun(_ rank: Int) {
    let run = Self.run(words.span, rank)
    // A long run grows by more, so that many events do not move the others as many times.
    let length = min(max(run.count / 8, 1), 4)
    let end = words.count
    makeRoom(length)
    moveWords(&words, from: run.upperBound, count: end - run.upperBound, by: length)
    for index in 0..<length { words[run.upperBound + index] = 0 }
    words[run.lowerBound] += UInt64(length * 8)
    shiftOffsets(after: rank, by: length)
  }

  private mutating func shiftOffsets(after rank: Int, by length: Int) {
    let step = UInt64(length) << 32
    let end = Self.headerWordCount + words[0].nonzeroBitCount
    var slot = Self.headerWordCount + rank + 1
    while slot < end {
      words[slot] &+= step
      slot &+= 1
    }
  }

  /// Adds zeros at the end; the memory grows by little, as every namespace pays for what is left,
  /// unless the page is large.
  private mutating func makeRoom(_ wordCount: Int) {
    let needed = words.count + wordCount
    if needed > words.capacity {
      let spare = needed / 8
      words.reserveCapacity(needed + (needed < 1_024 ? min(spare, 12) : spare))
    }
    for _ in 0..<wordCount { words.append(0) }
  }

  /// The page of its own for the state of the id with that bit, which is forgotten here.
  mutating func moveOut(_ bit: UInt64) -> Page {
    let rank = Self.rank(bit, words[0])
    let run = Self.run(words.span, rank)
    let slot = Self.headerWordCount + rank
    var own = Page()
    own.words = [bit, 0, 0, words[3], words[slot] & ~0xffff_0000_0000]
    own.words += words[run]
    own.words.append(0)
    words[slot] &= 0xffff_ffff_ffff

    let length = run.count - 1
    words[run.lowerBound] = 7 | Self.movedOutBit
    words.removeSubrange((run.lowerBound + 1)..<run.upperBound)
    for later in (slot + 1)..<max(slot + 1, Self.headerWordCount + words[0].nonzeroBitCount) {
      words[later] -= UInt64(length) << 32
    }
    return own
  }
}
