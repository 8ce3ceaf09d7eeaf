import LedgerCore

/// The trial types and plans that a projection's records name by number.
///
/// A code gets the next number when it is first seen and keeps it. One string is one code, whether
/// it names a type, a plan or both.
package struct CodeTable: Equatable, Sendable {
  /// The most codes there can be; a log with more is not one that people wrote.
  package static let countMax = 65_536

  /// The codes by number.
  package private(set) var codes: [String] = []
  /// The code at each number as a type; `nil` where it is none (`any`).
  private(set) var types: [TrialType?] = []
  /// The code at each number as a plan.
  private(set) var plans: [PlanCode?] = []
  private var numbers: [String: UInt16] = [:]

  /// A table without codes.
  package init() {}

  /// The number of codes.
  package var count: Int { codes.count }

  /// The number of `code`, or `nil` when no record names it.
  package func number(of code: String) -> UInt16? {
    numbers[code]
  }

  /// The number of `code`, a new one when it has none.
  ///
  /// - Precondition: there are fewer than ``countMax`` other codes.
  package mutating func intern(_ code: String) -> UInt16 {
    if let number = numbers[code] { return number }
    precondition(codes.count < Self.countMax, "more than 65,536 trial types and plans")
    let number = UInt16(codes.count)
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
