import LedgerCore

/// Where in the log each command id was first recorded, of those that no sealed segment knows: from
/// a 64-bit hash of the id to positions.
///
/// Two ids may share a hash, so a hit is a place to look, never an answer. Open addressing with
/// linear probing over 12 bytes an entry, at most three quarters full.
struct CommandIndex {
  private let seed: UInt64
  private var hashes: [UInt64]
  private var positions: [UInt32]
  private var farPositions: [Int: Int] = [:]
  /// The number of entries.
  private(set) var count = 0

  /// An empty index.
  ///
  /// - Parameter seed: Another one in every process, so that nobody can prepare ids that share a
  ///   hash.
  init(seed: UInt64 = .random(in: .min ... .max)) {
    self.seed = seed
    hashes = Array(repeating: 0, count: 1_024)
    positions = Array(repeating: 0, count: 1_024)
  }

  /// Notes that the id is recorded at `position`.
  mutating func insert(_ id: CommandID, at position: Int) {
    if (count + 1) * 4 > hashes.count * 3 { grow() }
    place(hash(id), at: position)
    count += 1
  }

  /// The positions noted for ids of the same hash, in no order.
  func positions(of id: CommandID) -> [Int] {
    let hash = hash(id)
    var found: [Int] = []
    var slot = Int(truncatingIfNeeded: hash) & (hashes.count - 1)
    while hashes[slot] != 0 {
      if hashes[slot] == hash { found.append(position(in: slot)) }
      slot = (slot + 1) & (hashes.count - 1)
    }
    return found
  }

  /// Forgets what stands before `size`.
  mutating func removeAll(below size: Int) {
    let old = self
    self = CommandIndex(seed: seed)
    for slot in old.hashes.indices where old.hashes[slot] != 0 && old.position(in: slot) >= size {
      if (count + 1) * 4 > hashes.count * 3 { grow() }
      place(old.hashes[slot], at: old.position(in: slot))
      count += 1
    }
  }

  /// The standard library's keyed hash (SipHash, Aumasson and Bernstein 2012); never 0, which marks
  /// a free slot.
  private func hash(_ id: CommandID) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(seed)
    hasher.combine(id)
    let hash = UInt64(bitPattern: Int64(hasher.finalize()))
    return hash == 0 ? 1 : hash
  }

  private func position(in slot: Int) -> Int {
    positions[slot] == .max ? farPositions[slot] ?? 0 : Int(positions[slot])
  }

  private mutating func place(_ hash: UInt64, at position: Int) {
    var slot = Int(truncatingIfNeeded: hash) & (hashes.count - 1)
    while hashes[slot] != 0 { slot = (slot + 1) & (hashes.count - 1) }
    hashes[slot] = hash
    if position < Int(UInt32.max) {
      positions[slot] = UInt32(position)
    } else {
      positions[slot] = .max
      farPositions[slot] = position
    }
  }

  private mutating func grow() {
    let old = self
    hashes = Array(repeating: 0, count: old.hashes.count * 2)
    positions = Array(repeating: 0, count: old.hashes.count * 2)
    farPositions = [:]
    for slot in old.hashes.indices where old.hashes[slot] != 0 {
      place(old.hashes[slot], at: old.position(in: slot))
    }
  }
}
