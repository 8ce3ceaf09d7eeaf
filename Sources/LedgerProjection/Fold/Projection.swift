import LedgerCore

/// The state of every namespace in memory, folded from the log: what the single writer changes.
///
/// It does not depend on rules, but keeps the answers of the rule set it serves beside the states.
/// Readers get a ``ProjectionView``; they never wait for the writer, nor it for them: what a view
/// holds is copied, page by page, when the writer next changes it.
package struct Projection: ~Copyable, Sendable {
  var directory = PageDirectory()
  /// The number of events folded, which is also the position of the next.
  package internal(set) var size = 0
  /// The number of namespaces with events.
  var namespaceCount = 0
  /// The number of events of the ledger itself.
  var ledgerVersion = 0
  /// The number of events by the raw value of their ``FactColumns/Kind``.
  var eventCounts = [Int](repeating: 0, count: 256)

  /// Counted in ``size``, but not yet in ``directory``.
  let pending = FactBatch()

  var rules: CompiledRules?
  /// Whose answers are kept; also while no rules are served.
  var answersFor: AnswersKey?
  var answers = AnswerLists()
  var answersOn = CalendarDate.first

  /// Where long work is done: folding many events, and working out every answer.
  package var threads = Threads.one

  /// A projection of no events.
  package init() {}

  /// A projection that goes on where `view` is; `view` itself stays as it is.
  package init(_ view: ProjectionView) {
    directory = view.directory
    pending.restart(at: view.size, codes: view.codes)
    size = view.size
    namespaceCount = view.namespaceCount
    ledgerVersion = view.ledgerVersion
    eventCounts = view.eventCounts
    rules = view.rules
    answersFor = view.answersFor
    answers = view.answers
    answersOn = view.answersOn
  }

  /// The types and plans seen so far.
  package var codes: CodeTable { pending.codes }

  /// What is known so far, for readers; never changes.
  ///
  /// When rules are served, the answers of the namespaces that changed are worked out as well.
  ///
  /// - Complexity: O(events since the last view), and then each page costs the writer one copy when
  ///   it next changes.
  package mutating func view() -> ProjectionView {
    foldPending(isLast: true)
    return ProjectionView(self)
  }
}
