import Synchronization

/// The different lists of types, and the different answers, that are named by 16-bit numbers.
struct AnswerLists: Sendable {
  /// In place of an answer's number: the namespace has no events.
  static let stranger: UInt16 = 0
  /// In place of an answer's number: it is not known.
  static let unknown: UInt16 = 1

  private(set) var lists: [UInt64] = []
  /// The answers by number: bits 0–15 the list's number, 16–31 its `valid_until`.
  private(set) var packed = [UInt32](repeating: Page.noAnswer, count: 2)
  private var numbers: [UInt64: UInt16] = [:]
  private var codes: [UInt32: UInt16] = [:]

  /// Whether no other answer gets a number.
  var isFull: Bool { packed.count > Int(UInt16.max) }

  /// The number of a set of types, or `nil` when there are too many different ones.
  mutating func number(of types: UInt64) -> UInt16? {
    if let number = numbers[types] { return number }
    guard lists.count < Int(Page.noAnswer) else { return nil }
    let number = UInt16(lists.count)
    numbers[types] = number
    lists.append(types)
    return number
  }

  /// The answer of that number; ``Page/noAnswer`` where it is not known.
  func answer(_ code: UInt16) -> UInt32 {
    Int(code) < packed.count ? packed[Int(code)] : Page.noAnswer
  }

  /// The number of an answer; ``unknown`` when there are too many different ones.
  mutating func code(of answer: UInt32) -> UInt16 {
    guard answer & 0xffff != Page.noAnswer else { return Self.unknown }
    if let code = codes[answer] { return code }
    guard !isFull else { return Self.unknown }
    let code = UInt16(packed.count)
    codes[answer] = code
    packed.append(answer)
    return code
  }
}

/// Lists to which several threads add.
final class SharedAnswerLists: Sendable {
  private let shared: Mutex<AnswerLists>

  init(_ lists: AnswerLists) {
    shared = Mutex(lists)
  }

  var lists: AnswerLists { shared.withLock { $0 } }

  func number(of types: UInt64) -> UInt16? {
    shared.withLock { $0.number(of: types) }
  }

  func code(of answer: UInt32) -> UInt16 {
    shared.withLock { $0.code(of: answer) }
  }
}

/// Works out the answers of whole pages, on one thread.
struct Answerer {
  private let program: RuleProgram
  private let date: UInt16
  private let shared: SharedAnswerLists
  /// Some of the lists, at the places that their bits name, and their numbers.
  private var lists = [UInt64](repeating: 0, count: 256)
  private var numbers = [UInt32](repeating: Page.noAnswer, count: 256)

  /// Some of the answers, at the places that their bits name, and above them their numbers.
  private var codes = [UInt64](repeating: .max, count: 1_024)
  /// Which of the answers lacked on the date, by number, as they were at first; others are new.
  private let lacking: [Bool]
  /// Whether that is none but the one that stands for all that are not known.
  private let lacksOnlyUnknown: Bool

  /// The new answers of one page and where they go, kept for their memory.
  private var answers: [(Int, UInt32)] = []

  /// Answers by `program` on `date`, by the numbers of `lists`.
  init(_ program: RuleProgram, on date: UInt16, _ lists: SharedAnswerLists) {
    self.program = program
    self.date = date
    shared = lists
    let lacking = lists.lists.packed.map { Self.lacks($0, date) }
    self.lacking = lacking
    let firstKnown = Int(AnswerLists.unknown) + 1
    lacksOnlyUnknown = !lacking.dropFirst(firstKnown).contains(true)
  }

  /// Works out the answers that the page lacks on the date, or all of them; a page that lacks none
  /// is not copied.
  ///
  /// - Complexity: O(entries of the namespaces that lack answers + namespaces).
  mutating func answer(
    _ page: inout Page,
    _ apart: inout [UInt16],
    number: Int,
    isAll: Bool,
    large: (Int64) -> [UInt32]
  ) {
    let shape = PageShape(page.words[0])
    let base = (number & (PageTable.pagesPerChunk - 1)) * Page.idsPerPage
    let isApart = page.isApart
    guard isAll || (isApart ? lacks(apart, from: base) : lacks(page.words.span, shape)) else {
      return
    }
    answers.removeAll(keepingCapacity: true)
    do {
      let words = page.words.span
      var start = shape.runs
      var slots = SlotCursor(shape)
      for rank in 0..<shape.count {
        let length = shape.place(words, rank).length
        let slot = slots.next(words)
        let run = start..<start &+ length
        start = run.upperBound
        if !isAll {
          let isKept =
            isApart ? !lacks(code: apart[base + slot]) : !lacks(words[shape.answers &+ rank])
          guard !isKept else { continue }
        }
        let answer: UInt32
        if length == 1, words[run.lowerBound] == Page.movedOut {
          let own = large(Page.firstID(number) + Int64(slot))
          answer = packed(program.evaluate(own.span, on: date))
        } else {
          answer = packed(program.evaluate(words.extracting(run), on: date))
        }
        answers.append((isApart ? base + slot : shape.answers &+ rank, answer))
      }
    }
    if isApart {
      for (index, answer) in answers { apart[index] = code(answer) }
    } else {
      for (index, answer) in answers { page.words[index] = answer }
    }
  }

  /// Whether the answer of that number lacks; those that are new do not.
  @inline(__always)
  private func lacks(code: UInt16) -> Bool {
    Int(code) < lacking.count && lacking[Int(code)]
  }

  private func lacks(_ apart: [UInt16], from base: Int) -> Bool {
    let codes = apart.span.extracting(base..<base + Page.idsPerPage)
    if lacksOnlyUnknown {
      // Looked at several at once.
      var any: UInt16 = 0
      for index in codes.indices { any |= codes[index] == AnswerLists.unknown ? 1 : 0 }
      return any != 0
    }
    for index in codes.indices
    where codes[index] != AnswerLists.stranger && lacks(code: codes[index]) { return true }
    return false
  }

  @inline(__always)
  private mutating func code(_ answer: UInt32) -> UInt16 {
    let place = Int(truncatingIfNeeded: (answer &* 0x9e37_79b1) &>> 22)
    if UInt32(truncatingIfNeeded: codes[place]) != answer || codes[place] == .max {
      codes[place] = UInt64(answer) | UInt64(shared.code(of: answer)) << 32
    }
    return UInt16(truncatingIfNeeded: codes[place] &>> 32)
  }

  @inline(__always)
  private func lacks(_ answer: UInt32) -> Bool { Self.lacks(answer, date) }

  @inline(__always)
  private static func lacks(_ answer: UInt32, _ date: UInt16) -> Bool {
    let until = answer &>> 16
    return answer & 0xffff == Page.noAnswer || (until != 0 && until <= UInt32(date))
  }

  private func lacks(_ words: Span<UInt32>, _ shape: PageShape) -> Bool {
    for index in shape.answers..<shape.places where lacks(words[index]) { return true }
    return false
  }

  @inline(__always)
  private mutating func packed(_ answer: PackedAnswer) -> UInt32 {
    let place = Int(truncatingIfNeeded: (answer.types &* 0x9e37_79b9_7f4a_7c15) &>> 56)
    if lists[place] != answer.types || numbers[place] == Page.noAnswer {
      lists[place] = answer.types
      numbers[place] = shared.number(of: answer.types).map(UInt32.init) ?? Page.noAnswer
    }
    return numbers[place] | UInt32(answer.validUntil) &<< 16
  }
}
