public import LedgerCore
import LedgerLog
import LedgerProjection

/// What a rebuild did.
public struct RebuildReport: Equatable, Sendable {
  /// The number of events folded.
  public let eventCount: Int
  /// The number of namespaces with events.
  public let namespaceCount: Int
  /// The bytes of the fresh states and answers.
  public let projectionByteCount: Int
  /// How long reading and folding took, in seconds.
  public let foldSeconds: Double
  /// How long working out every namespace's answer took, in seconds.
  public let answerSeconds: Double
  /// The rules whose answers were worked out.
  public let rulesID: RulesID
  /// The first namespace whose fresh state differs from the serving one; `nil` when none does.
  public let firstDifference: NamespaceID?
}

extension Ledger {
  /// Replays the log into fresh states beside the serving ones and works out every answer.
  ///
  /// The serving states go on answering meanwhile.
  ///
  /// - Parameters:
  ///   - rules: Whose answers are worked out; `nil` is the rules in force.
  ///   - progress: Told how far it is, from the calling thread.
  /// - Returns: How long it took, and whether the states are the same.
  /// - Throws: ``LedgerError/badInput(_:)`` for unknown rules, ``LedgerError/damaged(_:)``,
  ///   ``LedgerError/inputOutput(_:)``.
  /// - Complexity: O(events + namespaces).
  public func rebuild(
    rules: Question.Rules? = nil,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> RebuildReport {
    let serving = try view(at: head)
    let inForce = try resolveRules(rules, atSize: serving.size)
    let clock = ContinuousClock()
    let start = clock.now
    var projection = Projection()
    try onLog { () throws(LogError) in
      try reader.foldColumns(from: 0, to: serving.size) { columns in
        projection.apply(columns)
        progress?(
          Progress(phase: "rebuilding", done: projection.size, total: serving.size)
        )
      }
    }
    let folded = clock.now
    projection.serve(
      CompiledRules(inForce, codes: projection.codes),
      on: max(self.clock.now(), serving.lastRecordedAt).date
    )
    let fresh = projection.view()
    let answered = clock.now
    return RebuildReport(
      eventCount: serving.size,
      namespaceCount: fresh.namespaceCount,
      projectionByteCount: fresh.byteCount,
      foldSeconds: (folded - start) / .seconds(1),
      answerSeconds: (answered - folded) / .seconds(1),
      rulesID: inForce.rules.id,
      firstDifference: fresh.firstDifference(from: serving.projection)
    )
  }
}
