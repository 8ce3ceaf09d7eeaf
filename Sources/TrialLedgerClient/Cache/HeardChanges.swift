import LedgerCore

/// At which positions lists changed, as far as that was heard of; bounded.
struct HeardChanges: Sendable {
  /// So many changed namespaces are told apart.
  private static var countMax: Int { 100_000 }

  /// The number of events from which on every change is known; `nil` while none is.
  private var start: Int?
  private var positions: [NamespaceID: Int] = [:]
  /// The highest position of a change of everybody's, or of those that were forgotten.
  private var everybody = -1

  /// Nothing was heard yet.
  init() {}

  /// Notes that every change after that many events is heard of; the first such note counts.
  mutating func begin(at position: Int) {
    if start == nil { start = position }
  }

  /// Notes a change; `nil` is everybody's.
  mutating func note(_ id: NamespaceID?, at position: Int) {
    if let id { positions[id] = max(positions[id] ?? -1, position) }
    guard id == nil || positions.count > Self.countMax else { return }
    everybody = max(everybody, position, positions.values.max() ?? -1)
    positions = [:]
  }

  /// Whether an answer that rests on so many events knows of every change of the namespace.
  func isNewest(_ position: Int, about id: NamespaceID) -> Bool {
    guard let start, position >= start else { return false }
    return position > everybody && position > positions[id] ?? -1
  }
}
