import LedgerCore
import LedgerProjection

/// A change without its reason.
struct ChangeRow: Equatable {
  var id: Int64
  var type: Int
  var isGain: Bool
  var first: CalendarDate
  var last: CalendarDate
  var dayCount: Int
}

extension ChangeRow {
  init(_ comparison: RuleComparison, _ change: RuleChange) {
    let reason = comparison.reasons[change.reason]
    id = change.id
    type = reason.type
    isGain = reason.direction == .gain
    first = change.first
    last = change.last
    dayCount = change.dayCount
  }
}
