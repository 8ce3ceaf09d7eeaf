import LedgerCore

/// Which command ids a file has had so far: 16 bytes an id, of which a third to two thirds are used.
///
/// An id is known by 128 bits of a keyed hash, so that two different ones fall together less often
/// than a disk errs: among 100 million of them less than once in 10^20 files.
struct SeenCommands {
  private let seeds = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
  private var high = [UInt64](repeating: 0, count: 1_024)
  private var low = [UInt64](repeating: 0, count: 1_024)
  private var count = 0

  /// Adds an id; whether it was new.
  mutating func insert(_ id: CommandID) -> Bool {
    if (count + 1) * 3 > high.count * 2 { grow() }
    let hash = (Self.hash(id, seeds.0), Self.hash(id, seeds.1))
    let slot = slot(hash.0, hash.1)
    if high[slot] != 0 { return false }
    (high[slot], low[slot]) = hash
    count += 1
    return true
  }

  /// Where a hash stands, or would.
  private func slot(_ first: UInt64, _ second: UInt64) -> Int {
    let mask = high.count - 1
    var slot = Int(truncatingIfNeeded: first) & mask
    while high[slot] != 0, high[slot] != first || low[slot] != second { slot = (slot + 1) & mask }
    return slot
  }

  /// The standard library's keyed hash (SipHash, Aumasson and Bernstein 2012); never 0, which marks
  /// a free slot.
  private static func hash(_ id: CommandID, _ seed: UInt64) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(seed)
    hasher.combine(id)
    return max(1, UInt64(bitPattern: Int64(hasher.finalize())))
  }

  private mutating func grow() {
    let old = (high, low)
    high = Array(repeating: 0, count: old.0.count * 2)
    low = Array(repeating: 0, count: old.0.count * 2)
    for index in old.0.indices where old.0[index] != 0 {
      let slot = slot(old.0[index], old.1[index])
      (high[slot], low[slot]) = (old.0[index], old.1[index])
    }
  }
}
