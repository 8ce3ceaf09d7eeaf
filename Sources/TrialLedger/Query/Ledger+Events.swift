public import LedgerCore
import LedgerLog

extension Ledger {
  /// Hands over the events `from` ≤ position < `to` in order, until `body` returns `false`.
  ///
  /// `to` is the head at the time of the call when it is `nil`.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` for a range outside the log, else
  ///   ``LedgerError/damaged(_:at:)`` or ``LedgerError/inputOutput(_:)``.
  public func forEachEvent(
    from: Int = 0,
    to: Int? = nil,
    _ body: (Event) -> Bool
  ) throws(LedgerError) {
    let size = size
    let to = to ?? size
    guard from >= 0, to <= size, from <= to else {
      throw .badInput("events \(from) to \(to) are asked for; the ledger has \(size) events")
    }
    try onLog { () throws(LogError) in try reader.forEachEvent(from: from, to: to, body) }
  }
}
