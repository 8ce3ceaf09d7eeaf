package import LedgerCore
package import LedgerFormat
import LedgerProjection

extension Ledger {
  /// Which trials each namespace may start now, by the rules in force, as columns: what
  /// ``eligibility(of:_:)`` answers about the present, without an object for each namespace.
  ///
  /// - Parameter ids: Namespaces; one named twice is answered once.
  /// - Returns: `nil` where it is not answered from memory alone, or the rules have more than 64
  ///   types; ask ``eligibility(of:_:)`` then.
  /// - Complexity: O(ids).
  package func eligibilityColumns(
    of ids: [NamespaceID]
  ) -> (basis: Basis, columns: EligibilityColumns)? {
    guard let view = foldedView, let compiled = view.compiled, compiled.wordsPerAnswer == 1 else {
      return nil
    }
    let basis = Basis(
      date: clock.now().date,
      position: view.size,
      inForce: compiled.inForce
    )
    let unique = uniqued(ids)
    let numbers = unique.map(\.rawValue)
    var packed = PackedAnswers()
    view.projection.answers(for: numbers.span, on: basis.date, rules: compiled, into: &packed)
    return (
      basis,
      EligibilityColumns(
        namespaceIDs: unique,
        types: compiled.types,
        typeSets: packed.types,
        validUntil: packed.validUntil
      )
    )
  }
}

/// What the places of ids in a table follow from: another number in each process, so that nobody can
/// choose ids that fall together.
private let multiplier = UInt64.random(in: .min ... .max) | 1

/// `ids` without those that come again.
///
/// - Complexity: O(ids).
func uniqued(_ ids: [NamespaceID]) -> [NamespaceID] {
  // A free place is 0, which is no namespace's id.
  guard ids.allSatisfy({ $0.rawValue != 0 }) else {
    var seen: Set<NamespaceID> = []
    return ids.filter { seen.insert($0).inserted }
  }
  let bitCount = Int.bitWidth - (2 * ids.count).leadingZeroBitCount
  var table = [Int64](repeating: 0, count: 1 << bitCount)
  let mask = table.count - 1
  var unique: [NamespaceID] = []
  unique.reserveCapacity(ids.count)
  for id in ids {
    var place = Int(
      truncatingIfNeeded: (UInt64(bitPattern: id.rawValue) &* multiplier)
        >> UInt64(UInt64.bitWidth - bitCount)
    )
    while table[place] != 0, table[place] != id.rawValue { place = (place &+ 1) & mask }
    if table[place] == id.rawValue { continue }
    table[place] = id.rawValue
    unique.append(id)
  }
  return unique
}
