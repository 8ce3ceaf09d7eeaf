import LedgerCore

/// The trial types and plans that a projection's records name by number.
///
/// A code gets the next number when it is first seen and keeps it. One string is one code, whether
/// it names a type, a plan or both. There is no limit below the 32 bits of a number, which a log
/// would need 4 billion events to reach: many codes make states larger, never wrong.
package struct CodeTable: Equatable, Sendable {
  /// The codes by number.
  package private(set) var codes: [String] = []
  /// The code at each number as a type; `nil` where it is none (`any`).
  private(set) var types: [TrialType?] = []
  /// The code at each number as a plan.
  private(set) var plans: [PlanCode?] = []
  private var numbers: [String: UInt32] = [:]

  /// A table without codes.
  package init() {}

  /// The number of codes.
  package var count: Int { codes.count }

  /// The number of `code`, or `nil` when no record names it.
  package func number(of code: String) -> UInt32? {
    numbers[code]
  }

  /// The number of `code`, a new one when it has none.
  package mutating func intern(_ code: String) -> UInt32 {
    if let number = numbers[code] { return number }
    let number = UInt32(codes.count)
    numbers[code] = number
    codes.append(code)
    types.append(TrialType(code))
    plans.append(PlanCode(code))
    return number
  }

  package static func == (left: CodeTable, right: CodeTable) -> Bool {
    left.codes == right.codes
  }
}
