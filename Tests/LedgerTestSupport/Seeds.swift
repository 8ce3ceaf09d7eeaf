import Foundation

/// SplitMix64 (Steele, Lea and Flood 2014): small, fast, and the same on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator whose numbers follow from `seed`.
  public init(seed: UInt64) {
    state = seed
  }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// The seeds 0 ..< count, or only `LEDGER_SEED` when that is set, so that one case can be repeated.
public func seeds(_ count: Int) -> [UInt64] {
  if let text = ProcessInfo.processInfo.environment["LEDGER_SEED"], let seed = UInt64(text) {
    return [seed]
  }
  return Array(0..<UInt64(count))
}

/// Whether the long variants of the tests were asked for with `LEDGER_LONG_TESTS=1`.
public let longTests = ProcessInfo.processInfo.environment["LEDGER_LONG_TESTS"] == "1"
