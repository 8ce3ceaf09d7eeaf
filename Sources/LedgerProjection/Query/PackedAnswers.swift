package import LedgerCore

/// The answers of one batch as columns, in the order of the ids asked about; reused from batch to
/// batch.
package struct PackedAnswers: Sendable {
  /// The words of each set of types: ``CompiledRules/wordsPerAnswer``.
  package internal(set) var wordsPerAnswer = 1
  /// For each id ``wordsPerAnswer`` words; bit i of them stands for the i-th type of the rules.
  package internal(set) var types: [UInt64] = []
  /// For each id the day number of `valid_until`, which is never 0; 0 for none.
  package internal(set) var validUntil: [UInt16] = []

  /// No answers.
  package init() {}

  /// The number of answers.
  package var count: Int { validUntil.count }

  /// Whether answer `index` has the `type`-th type of the rules.
  package func contains(type: Int, at index: Int) -> Bool {
    types[index * wordsPerAnswer + type >> 6] >> UInt64(type & 63) & 1 == 1
  }

  /// Answer `index`, unpacked by the types of the rules that answered, in file order.
  package func eligibility(at index: Int, types: [TrialType]) -> Eligibility {
    Eligibility(
      types: types.indices.filter { contains(type: $0, at: index) }.map { types[$0] },
      validUntil: validUntil[index] == 0 ? nil : CalendarDate(dayNumber: validUntil[index])
    )
  }

  /// Makes room for as many answers, of no meaning yet.
  mutating func resize(count: Int, wordsPerAnswer: Int) {
    self.wordsPerAnswer = wordsPerAnswer
    if types.count != count * wordsPerAnswer {
      types.removeAll(keepingCapacity: true)
      types.append(contentsOf: repeatElement(0, count: count * wordsPerAnswer))
    }
    if validUntil.count != count {
      validUntil.removeAll(keepingCapacity: true)
      validUntil.append(contentsOf: repeatElement(0, count: count))
    }
  }

  /// Forgets the answers and keeps their memory.
  mutating func clear() {
    types.removeAll(keepingCapacity: true)
    validUntil.removeAll(keepingCapacity: true)
  }
}
