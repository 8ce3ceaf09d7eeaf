package import LedgerCore

/// The different lists of types that answers name by a 16-bit number.
struct AnswerLists: Sendable {
  private(set) var lists: [UInt64] = []
  private var numbers: [UInt64: UInt16] = [:]

  /// The number of a set of types, or `nil` when there are too many different ones.
  mutating func number(of types: UInt64) -> UInt16? {
    if let number = numbers[types] { return number }
    guard let number = UInt16(exactly: lists.count) else { return nil }
    numbers[types] = number
    lists.append(types)
    return number
  }
}

extension Projection {
  /// So many changed namespaces at most are answered when a view is made.
  private static let changedCountMax = 65_536

  /// Works out and keeps every namespace's answer by `rules`, and from now on those of namespaces
  /// that change.
  ///
  /// The answers kept hold from `date`, which is today, each until its `valid_until`.
  ///
  /// - Complexity: O(namespaces) and the memory of a second copy of the pages while views of the
  ///   former are in use.
  package mutating func serve(_ rules: CompiledRules, on date: CalendarDate) {
    foldPending(isLast: true)
    self.rules = rules
    answers = AnswerLists()
    answersOn = date
    changed = []
    directory.updateEachPage(where: { $0.words[1] != 0 }, { $0.forgetAnswers() })
    answerAll()
  }

  /// Moves the date on, and works out every answer that is missing or has run out.
  ///
  /// Earlier dates change nothing. Queries are right without it; they are faster with it.
  ///
  /// - Complexity: O(namespaces); only pages with such an answer are copied.
  package mutating func refreshAnswers(on date: CalendarDate) {
    foldPending(isLast: true)
    answersOn = max(answersOn, date)
    answerAll()
  }

  /// Notes that these namespaces' answers are out of date.
  mutating func noteChanged(_ ids: [Int64]) {
    guard rules != nil, changed.count <= Self.changedCountMax else { return }
    changed += ids
  }

  /// Notes that the namespace's answer is out of date.
  mutating func noteChanged(_ id: Int64) {
    guard rules != nil, changed.count <= Self.changedCountMax else { return }
    changed.append(id)
  }

  mutating func answerChanged() {
    defer { changed.removeAll(keepingCapacity: changed.count <= Self.changedCountMax) }
    guard !changed.isEmpty, changed.count <= Self.changedCountMax, let program = program() else {
      return
    }
    let date = answersOn.dayNumber
    for id in changed where id > 0 {
      let bit: UInt64 = 1 << UInt64(id & 63)
      guard directory.page(Int(id >> 6)).words[1] & bit == 0, let found = directory.find(id) else {
        continue
      }
      let answer = program.evaluate(found.page.words.span, rank: found.rank, on: date)
      guard let number = answers.number(of: answer.types) else { continue }
      directory[Int(id >> 6)].setAnswer(
        UInt32(number) | UInt32(answer.validUntil) << 16,
        bit,
        date: date
      )
    }
  }

  private mutating func answerAll() {
    guard let program = program() else { return }
    let date = answersOn.dayNumber
    var lists = answers
    let large = directory.large
    directory.updateEachPage(
      where: { $0.lacksAnswers(on: date) },
      { page in page.answer(program, on: date, large, &lists) }
    )
    answers = lists
  }

  private mutating func program() -> RuleProgram? {
    guard let rules else { return nil }
    let current = rules.knowing(codes)
    self.rules = current
    return current.program
  }
}

extension Page {
  /// Works out the answer of every namespace of the page.
  fileprivate mutating func answer(
    _ program: RuleProgram,
    on date: UInt16,
    _ large: [Int64: Page],
    _ lists: inout AnswerLists
  ) {
    var rest = words[0]
    var rank = 0
    while rest != 0 {
      let bit = rest & (~rest &+ 1)
      let answer: PackedAnswer
      if Self.isMovedOut(words.span, rank),
        let own = large[Int64(number << 6 + bit.trailingZeroBitCount)]
      {
        answer = program.evaluate(own.words.span, rank: 0, on: date)
      } else {
        answer = program.evaluate(words.span, rank: rank, on: date)
      }
      rest &= rest &- 1
      rank += 1
      guard let number = lists.number(of: answer.types) else { continue }
      setAnswer(UInt32(number) | UInt32(answer.validUntil) << 16, bit, date: date)
    }
  }
}
