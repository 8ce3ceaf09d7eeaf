internal import LedgerFormat

/// Which events of a segment are the first to carry their command id.
struct FirstCommands {
  /// For each event the key of its command, if it is a first.
  private var keys: [UInt32]
  /// A bit for each event: whether it is a first that was not asked for yet.
  private var isFirst: [UInt64]
  /// The number of different command ids.
  private(set) var count = 0

  /// The first ones of `commands`, which ascend by position.
  init(
    _ commands: [(position: Int, hash: CommandHash)],
    at firstPosition: Int,
    count eventCount: Int
  ) {
    keys = [UInt32](repeating: 0, count: eventCount)
    isFirst = [UInt64](repeating: 0, count: eventCount / 64 + 1)
    var slotCount = 16
    while slotCount < 2 * commands.count { slotCount *= 2 }
    // Open addressing; the hashes are as good as random.
    var slots = [UInt32](repeating: 0, count: slotCount)
    for (place, command) in commands.enumerated() {
      var slot = Int(truncatingIfNeeded: command.hash.value) & (slotCount - 1)
      while slots[slot] != 0, commands[Int(slots[slot]) - 1].hash != command.hash {
        slot = (slot + 1) & (slotCount - 1)
      }
      guard slots[slot] == 0 else { continue }
      slots[slot] = UInt32(place + 1)
      let ordinal = command.position - firstPosition
      keys[ordinal] = command.hash.key
      isFirst[ordinal / 64] |= 1 << UInt64(ordinal % 64)
      count += 1
    }
  }

  /// Whether the event is the first to carry a command of that key; asked a second time, it is not.
  mutating func take(_ ordinal: Int, _ key: UInt32) -> Bool {
    let bit: UInt64 = 1 << UInt64(ordinal % 64)
    guard isFirst[ordinal / 64] & bit != 0 else { return false }
    isFirst[ordinal / 64] &= ~bit
    return keys[ordinal] == key
  }
}
