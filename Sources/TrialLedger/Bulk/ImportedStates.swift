import LedgerCore

/// What an import has to remember of each namespace to see that the next fact folds: its version, its
/// parent, and of each trial type the newest record.
///
/// Open addressing with linear probing, at most three quarters full, 24 bytes a slot: 32 to 64 bytes a
/// namespace. Further trial types of a namespace take 12 bytes each, a parent that of a dictionary.
struct ImportedStates {
  /// The newest record of a trial type.
  private struct Record {
    /// The number of the type.
    var type: UInt32
    var startsOn: CalendarDate
    var endsOn: CalendarDate
    /// The place of the next record in `further`, plus 1; 0 for none.
    var next: UInt32 = 0
  }

  private struct Entry {
    var version: UInt32 = 0
    var record = Record(type: noType, startsOn: .first, endsOn: .first)

    /// In place of a type: there is no record.
    static let noType = UInt32.max
  }

  /// No namespace has this number.
  private static let free: Int64 = -1

  /// Odd, and another one for every import, so that nobody can prepare ids that fall together.
  ///
  /// Hashing by multiplication: Dietzfelbinger et al., "A reliable randomized algorithm for the
  /// closest-pair problem" (1997).
  private let multiplier = UInt64.random(in: .min ... .max) | 1
  private var ids = [Int64](repeating: free, count: 1_024)
  private var entries = [Entry](repeating: Entry(), count: 1_024)
  private var further: [Record] = []
  private var parents: [NamespaceID: NamespaceID] = [:]
  private var typeNumbers: [TrialType: UInt32] = [:]
  /// The number of namespaces.
  private(set) var count = 0

  /// The memory for all but parents and types, in bytes.
  var byteCount: Int {
    ids.capacity * MemoryLayout<Int64>.stride + entries.capacity * MemoryLayout<Entry>.stride
      + further.capacity * MemoryLayout<Record>.stride
  }

  /// What is remembered of a namespace that matters for facts about `type`: its version, parent and
  /// newest record of that type; `nil` when it was never kept.
  func state(of id: NamespaceID, for type: TrialType?) -> NamespaceState? {
    let slot = slot(of: id)
    guard ids[slot] != Self.free else { return nil }
    var state = NamespaceState()
    state.version = Int(entries[slot].version)
    state.parent = parents[id]
    if let type, let number = typeNumbers[type], let record = record(of: number, in: slot) {
      state.records = [
        NamespaceState.TrialRecord(
          type: type,
          origin: .started,
          startsOn: record.startsOn,
          endsOn: record.endsOn,
          positions: []
        )
      ]
    }
    return state
  }

  /// Whether a namespace was kept, and the group that it is a subgroup of.
  func parent(of id: NamespaceID) -> (isKept: Bool, parent: NamespaceID?) {
    (ids[slot(of: id)] != Self.free, parents[id])
  }

  /// Remembers a namespace as `state` says; of the types that are not in it, what was known stays.
  ///
  /// - Precondition: Versions and the numbers of types fit into 32 bits: a file with more has more than 4
  ///   billion lines.
  mutating func keep(_ state: NamespaceState, of id: NamespaceID) {
    var slot = slot(of: id)
    if ids[slot] == Self.free {
      if (count + 1) * 4 > ids.count * 3 {
        grow()
        slot = self.slot(of: id)
      }
      ids[slot] = id.rawValue
      count += 1
    }
    entries[slot].version = UInt32(state.version)
    // A dictionary is asked only where there is something to write.
    if state.parent != nil || !parents.isEmpty { parents[id] = state.parent }
    for record in state.records { keep(record, in: slot) }
  }

  private mutating func keep(_ record: NamespaceState.TrialRecord, in slot: Int) {
    let number = number(of: record.type)
    var kept = Record(type: number, startsOn: record.startsOn, endsOn: record.endsOn)
    let first = entries[slot].record
    if first.type == number || first.type == Entry.noType {
      kept.next = first.next
      entries[slot].record = kept
      return
    }
    var place = first.next
    while place != 0 {
      let index = Int(place) - 1
      if further[index].type == number {
        kept.next = further[index].next
        further[index] = kept
        return
      }
      place = further[index].next
    }
    kept.next = first.next
    further.append(kept)
    entries[slot].record.next = UInt32(further.count)
  }

  private func record(of number: UInt32, in slot: Int) -> Record? {
    var record = entries[slot].record
    while record.type != number {
      guard record.next != 0 else { return nil }
      record = further[Int(record.next) - 1]
    }
    return record
  }

  private mutating func number(of type: TrialType) -> UInt32 {
    if let number = typeNumbers[type] { return number }
    let number = UInt32(typeNumbers.count)
    typeNumbers[type] = number
    return number
  }

  /// Where a namespace stands, or would.
  private func slot(of id: NamespaceID) -> Int { slot(of: id.rawValue) }

  private func slot(of id: Int64) -> Int {
    let mask = ids.count - 1
    let hash = UInt64(bitPattern: id) &* multiplier
    var slot = Int(truncatingIfNeeded: hash >> 32) & mask
    while ids[slot] != Self.free, ids[slot] != id { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let old = (ids, entries)
    ids = Array(repeating: Self.free, count: old.0.count * 2)
    entries = Array(repeating: Entry(), count: old.1.count * 2)
    for index in old.0.indices where old.0[index] != Self.free {
      let slot = slot(of: old.0[index])
      ids[slot] = old.0[index]
      entries[slot] = old.1[index]
    }
  }
}
