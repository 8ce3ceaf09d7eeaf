import Synchronization

/// The different lists of types that answers name by a 16-bit number.
struct AnswerLists: Sendable {
  private(set) var lists: [UInt64] = []
  private var numbers: [UInt64: UInt16] = [:]

  /// The number of a set of types, or `nil` when there are too many different ones.
  mutating func number(of types: UInt64) -> UInt16? {
    if let number = numbers[types] { return number }
    guard lists.count < Int(Page.noAnswer) else { return nil }
    let number = UInt16(lists.count)
    numbers[types] = number
    lists.append(types)
    return number
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
}

/// Works out the answers of whole pages, on one thread.
struct Answerer {
  private let program: RuleProgram
  private let date: UInt16
  private let shared: SharedAnswerLists
  /// Some of the lists, at the places that their bits name, and their numbers.
  private var lists = [UInt64](repeating: 0, count: 256)
  private var numbers = [UInt32](repeating: Page.noAnswer, count: 256)

  /// The new answers of one page and where they go, kept for their memory.
  private var answers: [(Int, UInt32)] = []

  /// Answers by `program` on `date`, by the numbers of `lists`.
  init(_ program: RuleProgram, on date: UInt16, _ lists: SharedAnswerLists) {
    self.program = program
    self.date = date
    shared = lists
  }

  /// Works out the answers that the page lacks on the date, or all of them; a page that lacks none
  /// is not copied.
  ///
  /// - Complexity: O(entries of the namespaces that lack answers + namespaces).
  mutating func answer(
    _ page: inout Page,
    number: Int,
    isAll: Bool,
    large: (Int64) -> [UInt32]
  ) {
    let shape = PageShape(page.words[0])
    guard isAll || lacks(page.words.span, shape) else { return }
    answers.removeAll(keepingCapacity: true)
    do {
      let words = page.words.span
      var start = shape.runs
      for rank in 0..<shape.count {
        let length = shape.place(words, rank).length
        let kept = words[shape.answers &+ rank]
        if !isAll, !lacks(kept) {
          start &+= length
          continue
        }
        let answer: UInt32
        if length == 1, words[start] == Page.movedOut {
          let own = large(Page.firstID(number) + Int64(shape.slot(words, rank: rank)))
          answer = packed(program.evaluate(own.span, on: date))
        } else {
          let run = words.extracting(start..<start &+ length)
          answer = packed(program.evaluate(run, on: date))
        }
        answers.append((shape.answers &+ rank, answer))
        start &+= length
      }
    }
    for (index, answer) in answers { page.words[index] = answer }
  }

  @inline(__always)
  private func lacks(_ answer: UInt32) -> Bool {
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
