/// The newest version of every namespace so far.
///
/// Open addressing over two flat arrays: a full walk through the log asks for it once a namespace
/// and segment or once an event, and a dictionary would take as long as the hashing.
struct VersionTable {
  private var ids: [Int64]
  private var versions: [UInt32]
  private var mask: Int
  private var count = 0

  init() {
    ids = [Int64](repeating: -1, count: 1_024)
    versions = [UInt32](repeating: 0, count: 1_024)
    mask = 1_023
  }

  /// The number of namespaces, the ledger itself not counted.
  var namespaceCount: Int { count - (self[0] == 0 ? 0 : 1) }

  /// The newest version of a namespace; 0 when there is none.
  subscript(id: Int64) -> Int {
    let slot = slot(of: id)
    return ids[slot] == id ? Int(versions[slot]) : 0
  }

  /// Moves a namespace from the version before `first` to `last`.
  ///
  /// - Returns: Whether its newest version was the one before `first`, and `last` can be one.
  mutating func advance(_ id: Int64, from first: Int, to last: Int) -> Bool {
    let slot = slot(of: id)
    guard id >= 0, first >= 1, last >= first, last <= Int(UInt32.max) else { return false }
    if ids[slot] == id {
      guard Int(versions[slot]) + 1 == first else { return false }
      versions[slot] = UInt32(last)
      return true
    }
    guard first == 1 else { return false }
    ids[slot] = id
    versions[slot] = UInt32(last)
    count += 1
    if 4 * count > 3 * ids.count { grow() }
    return true
  }

  private func slot(of id: Int64) -> Int {
    // Fibonacci hashing: consecutive ids go to distant slots.
    let product = UInt64(bitPattern: id) &* 0x9e37_79b9_7f4a_7c15
    var slot = Int(truncatingIfNeeded: product >> 20) & mask
    while ids[slot] != id, ids[slot] != -1 { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let before = (ids, versions)
    ids = [Int64](repeating: -1, count: 2 * before.0.count)
    versions = [UInt32](repeating: 0, count: ids.count)
    mask = ids.count - 1
    for (index, id) in before.0.enumerated() where id != -1 {
      let slot = slot(of: id)
      ids[slot] = id
      versions[slot] = before.1[index]
    }
  }
}
