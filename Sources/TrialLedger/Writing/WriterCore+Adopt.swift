import LedgerCore
import LedgerLog
import LedgerProjection

extension WriterCore {
  /// Goes on from the states of `fresh`, with what was recorded since, instead of its own.
  ///
  /// - Precondition: Nothing is staged or being committed.
  /// - Throws: ``LedgerError`` when the rest cannot be read; its own states serve on.
  /// - Complexity: O(events since `fresh`).
  mutating func adopt(_ fresh: LedgerView) throws(LedgerError) {
    var next = FoldedLedger(resuming: fresh)
    next.exchangeCount = folded.exchangeCount + 1
    try next.catchUp(with: reader)
    view = next.view(today: max(clock.now(), next.lastRecordedAt).date, root: log.root)
    folded = next
    durable = view
    inForce = folded.rules.current
    staging = Staging(size: log.size, lastRecordedAt: folded.lastRecordedAt)
    publish(view)
  }
}
