package import LedgerCore

extension Projection {
  /// Works out and keeps every namespace's answer by `rules`, and from now on those of namespaces
  /// that change.
  ///
  /// The answers kept hold from `date`, which is today, each until its `valid_until`. Before a long
  /// fold, serve nothing and serve after it: answers that change again are then not worked out.
  ///
  /// A projection from a snapshot keeps the answers that came with it where they are of the same
  /// rule file and no later date, and works out those that are missing or have run out.
  ///
  /// - Complexity: O(namespaces) and the memory of a second copy of the pages while views of the
  ///   former are in use.
  package mutating func serve(_ rules: CompiledRules, on date: CalendarDate) {
    let key = AnswersKey(rules)
    let isFound = self.rules == nil && key != nil && key == answersFor && date >= answersOn
    self.rules = nil
    foldPending(isLast: true)
    self.rules = rules
    answersFor = key
    if isFound {
      answersOn = date
      answerAll(anew: false)
      return
    }
    answers = AnswerLists()
    answersOn = date
    answerAll(anew: true)
  }

  /// Moves the date on, and works out every answer that is missing or has run out.
  ///
  /// Earlier dates change nothing. Queries are right without it; they are faster with it.
  ///
  /// - Complexity: O(namespaces), about a nanosecond each; only answers that have run out are worked
  ///   out, and only their pages are copied.
  package mutating func refreshAnswers(on date: CalendarDate) {
    foldPending(isLast: true)
    guard date > answersOn else { return }
    answersOn = date
    if answers.isFull { answers = AnswerLists() }
    answerAll(anew: answers.lists.isEmpty)
  }

  private mutating func answerAll(anew isAll: Bool) {
    guard let program = currentProgram() else {
      if isAll { forgetAnswers() }
      return
    }
    let date = answersOn.dayNumber
    let lists = SharedAnswerLists(answers)
    let large = directory.large
    for isDense in [true, false] {
      var chunks = directory.takeChunks(isDense: isDense)
      _ = threads.forEach(
        &chunks,
        makeWorker: { AnswerWorker(Answerer(program, on: date, lists)) },
        { worker, chunk in
          if isAll, isDense { chunk.chunk.moveAnswersApart() }
          for index in chunk.chunk.pages.indices where !chunk.chunk.pages[index].isEmpty {
            let number = isDense ? chunk.first + index : chunk.chunk.pages[index].hashedNumber
            chunk.chunk.update(index) { page, apart in
              worker.answerer.answer(&page, &apart, number: number, isAll: isAll) { id in
                large[id] ?? []
              }
            }
          }
        }
      )
      directory.putChunks(chunks, isDense: isDense)
    }
    answers = lists.lists
  }

  /// Forgets every answer, as their numbers mean nothing any more.
  private mutating func forgetAnswers() {
    for isDense in [true, false] {
      var chunks = directory.takeChunks(isDense: isDense)
      for index in chunks.indices { chunks[index].chunk.forgetAnswers() }
      directory.putChunks(chunks, isDense: isDense)
    }
  }

  /// The program of the rules served, for all codes; `nil` when none are, or they are too large.
  mutating func currentProgram() -> RuleProgram? {
    guard let rules else { return nil }
    let current = rules.knowing(codes)
    self.rules = current
    return current.program
  }
}

/// An answerer of one thread.
private final class AnswerWorker {
  var answerer: Answerer

  init(_ answerer: Answerer) {
    self.answerer = answerer
  }
}
