internal import LedgerCore
internal import Synchronization

/// Finds the events of a namespace in segments of frames.
///
/// Built from the facts when first asked, and brought up to date each time it is asked again; so
/// appending pays nothing for it. About 16 bytes of memory for each event.
final class RecentIndex: Sendable {
  /// The events of one segment, chained by a hash of their namespaces.
  private struct Chains {
    /// The namespace of each event.
    var ids: [Int64] = []
    /// For each event one more than the ordinal of the one before in its chain; 0 when it is first.
    var before: [UInt32] = []
    /// For each chain one more than the ordinal of its last event; 0 when it is empty.
    var last = [UInt32](repeating: 0, count: 1_024)

    mutating func append(_ added: [Int64]) {
      let start = ids.count
      ids += added
      before.reserveCapacity(ids.count)
      if ids.count > last.count { return rebuild() }
      for ordinal in start..<ids.count { link(ordinal) }
    }

    /// The ordinals of a namespace's events, ascending.
    func ordinals(of id: Int64) -> [Int] {
      var ordinals: [Int] = []
      var next = last[chain(of: id)]
      while next > 0 {
        let ordinal = Int(next - 1)
        if ids[ordinal] == id { ordinals.append(ordinal) }
        next = before[ordinal]
      }
      return ordinals.reversed()
    }

    private mutating func rebuild() {
      var count = last.count
      while count < ids.count { count *= 2 }
      last = [UInt32](repeating: 0, count: count)
      before.removeAll(keepingCapacity: true)
      for ordinal in ids.indices { link(ordinal) }
    }

    private mutating func link(_ ordinal: Int) {
      let chain = chain(of: ids[ordinal])
      before.append(last[chain])
      last[chain] = UInt32(ordinal + 1)
    }

    private func chain(of id: Int64) -> Int {
      // Fibonacci hashing: the count is a power of two.
      let product = UInt64(bitPattern: id) &* 0x9e37_79b9_7f4a_7c15
      return Int(product >> UInt64(64 - last.count.trailingZeroBitCount))
    }
  }

  /// By the first position of the segment.
  private let segments = Mutex<[Int: Chains]>([:])

  init() {}

  /// The positions of a namespace's events in a segment, ascending.
  ///
  /// - Parameters:
  ///   - id: The namespace.
  ///   - positions: Those of the segment, up to where is asked.
  ///   - fold: Hands over the namespaces of the events in a range, in order.
  /// - Returns: The positions.
  /// - Throws: What `fold` throws.
  /// - Complexity: O(events of the namespace), and O(events) of those that came since it was asked
  ///   the last time.
  func positions(
    of id: NamespaceID,
    in positions: Range<Int>,
    _ fold: (Range<Int>, ([Int64]) -> Void) throws(LogError) -> Void
  ) throws(LogError) -> [Int] {
    let ordinals = try segments.withLock { (segments) throws(LogError) in
      var chains = segments.removeValue(forKey: positions.lowerBound) ?? Chains()
      defer { segments[positions.lowerBound] = chains }
      let known = positions.lowerBound + chains.ids.count
      if known < positions.upperBound {
        // All or nothing: a part that was read before an error is read again.
        var added: [Int64] = []
        try fold(known..<positions.upperBound) { added += $0 }
        chains.append(added)
      }
      return chains.ordinals(of: id.rawValue)
    }
    return ordinals.map { positions.lowerBound + $0 }.filter { $0 < positions.upperBound }
  }

  /// Forgets all segments but those that begin at the given positions.
  func keepOnly(_ firstPositions: Set<Int>) {
    segments.withLock { segments in
      guard segments.contains(where: { !firstPositions.contains($0.key) }) else { return }
      segments = segments.filter { firstPositions.contains($0.key) }
    }
  }
}
