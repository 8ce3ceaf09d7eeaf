/// The packed states of the namespaces among 64 consecutive ids: only of those that there are.
///
/// One array of 64-bit words, empty when there is none of them:
///
/// | words | what |
/// | ----- | ---- |
/// | 0 | which of the 64 ids are there (n) |
/// | 1 | which of them have an answer |
/// | 2 | bits 0–15: the date from which all answers hold; bits 32–63: the number of spill cells (m) |
/// | 3 | the page's number: id / 64 |
/// | 4 … | n cells of four words, in the order of the ids |
/// | … | m spill cells of four words: continuations of those that did not fit |
/// | … | ⌈n / 2⌉ words of answers, 32 bits each: ``Answer`` |
///
/// A cell's bytes:
///
/// | bytes | what |
/// | ----- | ---- |
/// | 0–1 | the version, modulo 65,536 |
/// | 2 | bits 0–4: the number of bytes of entries; bit 5: linked; bit 6: subgroup |
/// | 3 … | entries (``Entry``), in log order, none split; up to byte 31, when linked up to byte 27 |
/// | 28–31 | when linked: the index of the spill cell that goes on |
///
/// A value: a copy shares the words until one of the two is changed.
struct Page: Equatable, Sendable {
  static let headerWordCount = 4
  static let cellWordCount = 4
  static let cellByteCount = 32
  static let entriesOffset = 3
  static let linkOffset = 28
  static let linkedBit: UInt64 = 1 << 21
  static let subgroupBit: UInt64 = 1 << 22
  static let usedMask: UInt64 = 0x1f << 16

  /// See above; empty when the page holds no namespace.
  var words: [UInt64] = []

  var isEmpty: Bool { words.isEmpty }
  var present: UInt64 { words.isEmpty ? 0 : words[0] }
  var number: Int { Int(words[3]) }
  var spillCount: Int { Int(words[2] >> 32) }

  /// Where the cell of the id with that bit stands, as a word's index.
  @inline(__always)
  static func cellIndex(_ bit: UInt64, present: UInt64) -> Int {
    headerWordCount &+ (present & (bit &- 1)).nonzeroBitCount &* cellWordCount
  }

  /// Where the first spill cell stands, as a word's index.
  @inline(__always)
  static func spillIndex(present: UInt64) -> Int {
    headerWordCount &+ present.nonzeroBitCount &* cellWordCount
  }

  /// The word's index of the cell of the id with that bit, which is made when there is none.
  @inline(__always)
  mutating func ensureCell(_ bit: UInt64, pageNumber: Int) -> Int {
    if words.isEmpty {
      start(pageNumber)
    }
    let present = words[0]
    let cell = Self.cellIndex(bit, present: present)
    if present & bit == 0 {
      insertCell(at: cell, bit)
    }
    return cell
  }

  private mutating func start(_ pageNumber: Int) {
    words.reserveCapacity(Self.headerWordCount + 4 * Self.cellWordCount + 2)
    words.append(0)
    words.append(0)
    words.append(0)
    words.append(UInt64(pageNumber))
  }

  private mutating func insertCell(at cell: Int, _ bit: UInt64) {
    let count = words[0].nonzeroBitCount
    let rank = (cell - Self.headerWordCount) / Self.cellWordCount
    let needsAnswerWord = count & 1 == 0
    makeRoom(Self.cellWordCount + (needsAnswerWord ? 1 : 0))
    if needsAnswerWord { words.append(0) }
    let answers = words.count - (count + 2) / 2
    for slot in stride(from: count, to: rank, by: -1) {
      setAnswer(self.answer(slot - 1, base: answers), slot, base: answers)
    }
    insertZeros(at: cell)
    words[0] |= bit
  }

  /// Lets the words grow by little: what a page has to spare is paid for by every namespace.
  private mutating func makeRoom(_ wordCount: Int) {
    let needed = words.count + wordCount
    if needed > words.capacity {
      words.reserveCapacity(needed + min(needed / 4, 4 * Self.cellWordCount))
    }
  }

  private mutating func insertZeros(at index: Int) {
    let end = words.count
    words.append(0)
    words.append(0)
    words.append(0)
    words.append(0)
    var source = end
    while source > index {
      source &-= 1
      words[source &+ Self.cellWordCount] = words[source]
    }
    for offset in 0..<Self.cellWordCount { words[index + offset] = 0 }
  }

  /// Adds a spill cell; the others and the cells stay where they are.
  mutating func addSpillCell() -> Int {
    makeRoom(Self.cellWordCount)
    let spill = spillCount
    insertZeros(at: Self.spillIndex(present: words[0]) + spill * Self.cellWordCount)
    words[2] += 1 << 32
    return spill
  }

  /// Gives back what an unusual growth has left over.
  mutating func trim() {
    guard words.capacity - words.count > 2 * Self.cellWordCount + 2 else { return }
    var copy: [UInt64] = []
    copy.reserveCapacity(words.count)
    copy.append(contentsOf: words)
    words = copy
  }
}

// MARK: - Answers

extension Page {
  /// Where the answers stand, as a word's index.
  @inline(__always)
  static func answersIndex(present: UInt64, spillCount: Int) -> Int {
    headerWordCount &+ (present.nonzeroBitCount &+ spillCount) &* cellWordCount
  }

  private func answer(_ rank: Int, base: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: words[base + rank >> 1] &>> UInt64((rank & 1) << 5))
  }

  private mutating func setAnswer(_ answer: UInt32, _ rank: Int, base: Int) {
    let shift = UInt64((rank & 1) << 5)
    let index = base + rank >> 1
    words[index] = words[index] & ~(0xffff_ffff &<< shift) | UInt64(answer) &<< shift
  }

  /// Keeps the answer of the id with that bit, computed for `date`.
  mutating func setAnswer(_ answer: UInt32, _ bit: UInt64, date: UInt16) {
    let base = Self.answersIndex(present: words[0], spillCount: spillCount)
    setAnswer(answer, (words[0] & (bit &- 1)).nonzeroBitCount, base: base)
    words[1] |= bit
    let from = UInt16(truncatingIfNeeded: words[2])
    words[2] = words[2] & ~0xffff | UInt64(max(from, date))
  }

  /// Forgets every answer.
  mutating func forgetAnswers() {
    guard !words.isEmpty, words[1] != 0 || words[2] & 0xffff != 0 else { return }
    words[1] = 0
    words[2] &= ~0xffff
  }
}
