import LedgerCore

/// Where in the log each command id was first recorded: from a 64-bit hash of the id to positions.
///
/// Two ids may share a hash, so a hit is a place to look, never an answer. Open addressing with
/// linear probing over 12 bytes an entry, at most three quarters full.
struct CommandIndex {
  private var hashes: [UInt64]
  private var positions: [UInt32]
  private var farPositions: [Int: Int] = [:]
  private var count = 0

  /// An empty index.
  init() {
    hashes = Array(repeating: 0, count: 1_024)
    positions = Array(repeating: 0, count: 1_024)
  }

  /// FNV-1a 64 (Fowler, Noll and Vo) with a final mix; never 0, which marks a free slot.
  static func hash(_ bytes: Span<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in bytes.indices {
      hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01b3
    }
    hash = (hash ^ (hash >> 32)) &* 0xd6e8_feb8_6659_fd93
    hash ^= hash >> 32
    return hash == 0 ? 1 : hash
  }

  /// Notes that the id with that hash is recorded at `position`.
  mutating func insert(_ hash: UInt64, at position: Int) {
    if (count + 1) * 4 > hashes.count * 3 { grow() }
    place(hash, at: position)
    count += 1
  }

  /// The positions noted for the hash, in no order.
  func positions(of hash: UInt64) -> [Int] {
    var found: [Int] = []
    var slot = Int(truncatingIfNeeded: hash) & (hashes.count - 1)
    while hashes[slot] != 0 {
      if hashes[slot] == hash { found.append(position(in: slot)) }
      slot = (slot + 1) & (hashes.count - 1)
    }
    return found
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
