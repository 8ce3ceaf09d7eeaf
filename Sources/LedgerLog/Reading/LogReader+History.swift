package import LedgerCore
internal import LedgerFormat
internal import LedgerProof

extension LogReader {
  /// The events of a namespace at positions below `size`, in order.
  ///
  /// Of a sealed segment one page of its index is read, and for each event the chunks that it is in.
  /// Of the newest segments of frames an index is kept in memory.
  ///
  /// - Precondition: `0 <= size <= self.size`.
  /// - Throws: ``LogError``; damage names the place.
  /// - Complexity: O(sealed segments + events of the namespace). The first time also O(events that
  ///   are not sealed), of which all but some millions are looked through each time.
  package func events(of id: NamespaceID, below size: Int) throws(LogError) -> [Event] {
    precondition(0 <= size && size <= self.size, "a position outside the log")
    let segments = directory.segments(below: size)
    let indexed = Set(
      segments.filter { $0.sealed == nil }.suffix(Self.indexedSegmentCount)
        .map(\.positions.lowerBound)
    )
    directory.recent.keepOnly(indexed)
    var events: [Event] = []
    var open = OpenSealed()
    for (sealed, positions) in try sealedPositions(of: id, in: segments) {
      try open.move(to: sealed, within: positions[0]..<(positions[positions.count - 1] + 1))
      let count = events.count
      try open.forEachEvent(at: positions) { events.append($0) }
      if let other = events[count...].first(where: { $0.namespaceID != id }) {
        throw sealed.damage(
          sealed.directory.region(.namespacePages)?.bytes.lowerBound ?? 0,
          other.position,
          "the index has position \(other.position) under another namespace"
        )
      }
    }
    for (sealed, positions) in segments where sealed == nil && !positions.isEmpty {
      if indexed.contains(positions.lowerBound) {
        let found = try directory.recent.positions(of: id, in: positions) {
          range,
          take throws(LogError) in
          try foldColumns(from: range.lowerBound, to: range.upperBound) { take($0.namespaceIDs) }
        }
        try forEachEvent(at: found) { events.append($0) }
      } else {
        try forEachEvent(of: id, in: positions) { events.append($0) }
      }
    }
    // Segments are sealed in any order.
    if segments.drop(while: { $0.sealed != nil }).contains(where: { $0.sealed != nil }) {
      events.sort { $0.position < $1.position }
    }
    return events
  }

  /// The positions of a namespace's events in each sealed segment that has some.
  ///
  /// When a page has to come from the disk, the others are asked for at once rather than one after
  /// the other.
  private func sealedPositions(
    of id: NamespaceID,
    in segments: [(sealed: SealedSegment?, positions: Range<Int>)]
  ) throws(LogError) -> [(sealed: SealedSegment, positions: [Int])] {
    let clock = ContinuousClock()
    var isSlow = false
    var found: [(sealed: SealedSegment, positions: [Int])] = []
    for (index, segment) in segments.enumerated() {
      guard let sealed = segment.sealed, !segment.positions.isEmpty else { continue }
      let start = clock.now
      let first = segment.positions.lowerBound
      let positions = try sealed.ordinals(of: id.rawValue)
        .map { first + Int($0) }.filter { $0 < segment.positions.upperBound }
      if !positions.isEmpty { found.append((sealed, positions)) }
      if !isSlow, clock.now - start > .microseconds(60) {
        isSlow = true
        for later in segments[(index + 1)...] { later.sealed?.willAsk(for: id.rawValue) }
      }
    }
    if isSlow {
      for (sealed, positions) in found {
        for position in positions { sealed.willRead(position) }
      }
    }
    return found
  }

  /// How many of the newest segments of frames are indexed in memory.
  private static let indexedSegmentCount = 4

  /// The positions of the events in sealed segments that may be the first to carry a command id, in
  /// order.
  ///
  /// Some may carry another one; who asks compares the events. Events that are not sealed yet are not
  /// looked at: of these ``forEachCommandID(from:to:_:)`` tells all, from ``sealedSize`` on.
  ///
  /// - Throws: ``LogError``; damage names the place.
  /// - Complexity: O(sealed segments), less than a microsecond each.
  package func positions(of commandID: CommandID) throws(LogError) -> [Int] {
    let segments = directory.segments(below: size)
    guard segments.contains(where: { $0.sealed != nil }) else { return [] }
    let hash = CommandHash(MerkleHash.plain(commandID.text.utf8Span.span))
    var positions: [Int] = []
    for (sealed, range) in segments {
      guard let sealed else { continue }
      for ordinal in try sealed.ordinals(of: hash) where Int(ordinal) < range.count {
        positions.append(range.lowerBound + Int(ordinal))
      }
    }
    return positions
  }

  /// The number of events before the first one that is not in a sealed segment.
  package var sealedSize: Int {
    directory.segments(below: size).first { $0.sealed == nil }?.positions.lowerBound ?? size
  }

  /// Hands over the events at positions that ascend, wherever they are.
  private func forEachEvent(at positions: [Int], _ body: (Event) -> Void) throws(LogError) {
    var rest = positions[...]
    while let first = rest.first, let last = rest.last {
      try forEachPiece(from: first, to: last + 1) { piece throws(LogError) in
        let here = rest.prefix { $0 < piece.positions.upperBound }
        try piece.forEachEvent(at: Array(here), body)
        rest = rest[here.endIndex...]
        return false
      }
    }
  }

  /// Looks through the facts of a range for the events of a namespace.
  private func forEachEvent(
    of id: NamespaceID,
    in positions: Range<Int>,
    _ body: (Event) -> Void
  ) throws(LogError) {
    try forEachPiece(from: positions.lowerBound, to: positions.upperBound) {
      piece throws(LogError) in
      var found: [Int] = []
      _ = try piece.foldColumns { columns in
        for (index, value) in columns.namespaceIDs.enumerated() where value == id.rawValue {
          found.append(columns.firstPosition + index)
        }
        return true
      }
      if !found.isEmpty { try piece.forEachEvent(at: found, body) }
      return true
    }
  }
}
