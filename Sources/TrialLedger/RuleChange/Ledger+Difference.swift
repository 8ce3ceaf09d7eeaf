public import LedgerCore
import LedgerProjection

extension Ledger {
  /// Compares what two rule sets allow, for every namespace of the ledger on some days.
  ///
  /// Nothing is recorded, and whoever is asked meanwhile is answered as before.
  ///
  /// ```swift
  /// let difference = try ledger.difference(to: .file(name: "next.yaml", text: text), days: 30)
  /// for (type, count) in difference.byType { … }
  /// ```
  ///
  /// - Parameters:
  ///   - from: The set to compare with; `nil` is the one in force at the as-of point.
  ///   - to: The set to compare.
  ///   - on: The first day; `nil` is today, by `now` or the ledger's clock.
  ///   - days: How many days after it are compared too.
  ///   - asOf: What the ledger knew; `nil` is everything.
  ///   - now: What time it is; `nil` is the ledger's clock.
  ///   - progress: Told how many namespaces are compared, from the calling thread.
  ///   - isCancelled: Asked now and then, from the calling thread, whether to give up.
  ///   - forEachChange: Handed every change, by ascending namespace, on the calling thread, while
  ///     the comparison goes on; returns whether to go on.
  /// - Returns: The counts and samples; `nil` when it was given up.
  /// - Throws: ``LedgerError/badInput(_:)`` for unknown rules, a point past the head, or days outside
  ///   the calendar.
  /// - Complexity: O(namespaces) where all are folded, two evaluations each on every processor;
  ///   O(events) more for a point in the past. Memory does not grow with the number of changes.
  public func difference(
    from: Question.Rules? = nil,
    to: Question.Rules,
    on: CalendarDate? = nil,
    days: Int = 0,
    asOf: Question.AsOf? = nil,
    now: Instant? = nil,
    progress: (@Sendable (Progress) -> Void)? = nil,
    isCancelled: () -> Bool = { false },
    forEachChange: ((RulesDifference.Change) -> Bool)? = nil
  ) throws(LedgerError) -> RulesDifference? {
    let head = head
    let size = try resolveSize(asOf, in: head)
    let old = try resolveRules(from, atSize: size)
    let new = try resolveRules(to, atSize: size)
    let first = on ?? (now ?? clock.now()).date
    guard days >= 0, let last = first.adding(days: days) else {
      throw .badInput(
        "the days to compare, \(first) and \(days) more, leave the calendar, which ends on "
          + "\(CalendarDate.last)"
      )
    }
    let view =
      try size == head.size
      ? view(at: head).projection : projection(atSize: size, progress: progress)
    let comparison = RuleComparison(
      from: old,
      to: new,
      first: first,
      last: last,
      codes: view.codes
    )
    let words = RuleChangeWords(comparison)
    let counts = view.compare(
      comparison,
      threads: .perProcessor(),
      forEachChange: forEachChange.map { body in { body(words.change($0)) } },
      progress: { count in
        progress?(Progress(phase: "comparing", done: count, total: view.namespaceCount))
        return !isCancelled()
      }
    )
    return counts.map {
      RulesDifference(comparison, $0, words, codes: view.codes, position: size)
    }
  }
}
