package import LedgerCore

extension ProjectionView {
  /// So many ids' memory is asked for before any of it is waited for.
  private static let idsAhead = 256

  /// Answers a batch: one answer per id, in the same order.
  ///
  /// Reads what is worked out beforehand where `rules` are those served and the date lies between
  /// the day of working out and the answer's `valid_until`; evaluates the packed state elsewhere.
  ///
  /// A namespace that is unknown (or not positive) is judged by its empty state. What was in `output`
  /// is replaced; its memory is reused, so that nothing is allocated per id.
  ///
  /// - Complexity: O(ids).
  package func answers(
    for ids: Span<Int64>,
    on date: CalendarDate,
    rules: CompiledRules,
    into output: inout PackedAnswers
  ) {
    let current = rules.knowing(codes)
    output.resize(count: ids.count, wordsPerAnswer: current.wordsPerAnswer)
    guard let program = current.program else {
      answerSlowly(ids, on: date, current, &output)
      return
    }
    // Kept answers hold from the day of working out.
    let isKept = self.rules?.identity === rules.identity && date >= answersOn
    let lists = answers.lists.span
    let packed = answers.packed.span
    let empty = program.emptyAnswer
    var (typeColumn, dateColumn): ([UInt64], [UInt16]) = ([], [])
    swap(&typeColumn, &output.types)
    swap(&dateColumn, &output.validUntil)
    defer {
      swap(&typeColumn, &output.types)
      swap(&dateColumn, &output.validUntil)
    }
    var types = typeColumn.mutableSpan
    var validUntil = dateColumn.mutableSpan
    var kept = InlineArray<256, UInt64>(repeating: 0)
    var start = 0
    while start < ids.count {
      let block = ids.extracting(start..<min(start + Self.idsAhead, ids.count))
      directory.readKept(
        block,
        on: date.dayNumber,
        packed: packed,
        isKept: isKept,
        into: &kept
      )
      for index in block.indices {
        let found = kept[index]
        switch found &>> 32 {
        case PageDirectory.Kept.holds:
          types[start + index] = lists[Int(found & 0xffff)]
          validUntil[start + index] = UInt16(truncatingIfNeeded: found &>> 16)
        case PageDirectory.Kept.stranger:
          types[start + index] = empty.types
          validUntil[start + index] = empty.validUntil
        default:
          let evaluated = directory.withState(of: block[index]) { run, _ in
            program.evaluate(run, on: date.dayNumber)
          }
          types[start + index] = (evaluated ?? empty).types
          validUntil[start + index] = (evaluated ?? empty).validUntil
        }
      }
      start += Self.idsAhead
    }
  }

  /// Answers a batch by the rules served: one answer per id, in the same order; `nil` when none are.
  package func answers(
    for ids: Span<Int64>,
    on date: CalendarDate,
    into output: inout PackedAnswers
  ) -> CompiledRules? {
    guard let rules else { return nil }
    answers(for: ids, on: date, rules: rules, into: &output)
    return rules
  }

  /// Answers a batch, unpacked: one answer per id, in the same order.
  package func eligibility(
    of ids: [NamespaceID],
    on date: CalendarDate,
    rules: CompiledRules
  ) -> [Eligibility] {
    var packed = PackedAnswers()
    let numbers = ids.map(\.rawValue)
    answers(for: numbers.span, on: date, rules: rules, into: &packed)
    let types = rules.types
    return numbers.indices.map { packed.eligibility(at: $0, types: types) }
  }

  /// The answers of rules that are too large for ``RuleProgram``, from whole states.
  private func answerSlowly(
    _ ids: Span<Int64>,
    on date: CalendarDate,
    _ rules: CompiledRules,
    _ output: inout PackedAnswers
  ) {
    output.clear()
    let set = rules.inForce.rules
    let numbers = Dictionary(
      set.trialTypes.enumerated().map { ($0.element.name, $0.offset) },
      uniquingKeysWith: { first, _ in first }
    )
    for index in ids.indices {
      let state = state(of: NamespaceID(unchecked: max(0, ids[index])))
      let answer = set.eligibility(of: state, on: date)
      let base = output.types.count
      for _ in 0..<output.wordsPerAnswer { output.types.append(0) }
      for type in answer.types {
        guard let number = numbers[type] else { continue }
        output.types[base + number >> 6] |= 1 << UInt64(number & 63)
      }
      output.validUntil.append(answer.validUntil?.dayNumber ?? 0)
    }
  }
}
