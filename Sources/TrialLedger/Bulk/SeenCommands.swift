import LedgerCore

/// Which command ids a file has had so far: 12 bytes a slot, of which half to three quarters are used,
/// so 16 to 24 bytes an id.
///
/// An id is known by 104 bits of a keyed hash, so that two different ones fall together less often
/// than a disk errs: among 100 million of them once in 10^15 files.
struct SeenCommands {
  private let seeds = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
  /// By the last byte of the hash; each grows for itself, so that only one of them is there twice.
  private var parts = [Part](repeating: Part(), count: 256)

  /// Adds an id; whether it was new.
  mutating func insert(_ id: CommandID) -> Bool {
    let (high, low) = (Self.hash(id, seeds.0), Self.hash(id, seeds.1))
    return parts[Int(truncatingIfNeeded: low & 255)]
      .insert(max(1, high), UInt32(truncatingIfNeeded: low >> 32))
  }

  /// The memory for the ids, in bytes.
  var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

  /// The standard library's keyed hash (SipHash, Aumasson and Bernstein 2012).
  private static func hash(_ id: CommandID, _ seed: UInt64) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(seed)
    hasher.combine(id)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }
}

/// Open addressing with linear probing, at most three quarters full.
private struct Part {
  /// 0 marks a free slot.
  private var high = [UInt64](repeating: 0, count: 16)
  private var low = [UInt32](repeating: 0, count: 16)
  private var count = 0

  var byteCount: Int { high.capacity * 8 + low.capacity * 4 }

  mutating func insert(_ high: UInt64, _ low: UInt32) -> Bool {
    if (count + 1) * 4 > self.high.count * 3 { grow() }
    let slot = slot(high, low)
    if self.high[slot] != 0 { return false }
    (self.high[slot], self.low[slot]) = (high, low)
    count += 1
    return true
  }

  /// Where a hash stands, or would: its share of the table (Lemire 2019, fast range reduction).
  private func slot(_ high: UInt64, _ low: UInt32) -> Int {
    var slot = Int(high.multipliedFullWidth(by: UInt64(self.high.count)).high)
    while self.high[slot] != 0, self.high[slot] != high || self.low[slot] != low {
      slot = slot + 1 == self.high.count ? 0 : slot + 1
    }
    return slot
  }

  private mutating func grow() {
    let old = (high, low)
    high = Array(repeating: 0, count: old.0.count * 3 / 2)
    low = Array(repeating: 0, count: high.count)
    for index in old.0.indices where old.0[index] != 0 {
      let slot = slot(old.0[index], old.1[index])
      (high[slot], low[slot]) = (old.0[index], old.1[index])
    }
  }
}
