internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// Which event of which namespace an event is.
struct NamespaceVersion: Sendable {
  /// The namespace; 0 for the ledger's own events.
  var id: Int64
  /// The number of the event in it, from 1.
  var version: Int
}

/// What the rows of some consecutive events say, hashed and ready to be compared with what stands
/// elsewhere about them.
struct RowContents: Sendable {
  /// The leaves.
  private(set) var run: TreeRun
  /// The namespace and version of each event.
  private(set) var events: [NamespaceVersion] = []
  /// The command ids, where they differ from the event before: which event, and the id's hash.
  private(set) var commands: [(position: Int, hash: CommandHash)] = []
  /// The positions of the rule activations.
  private(set) var activations: [Int] = []
  /// When the first event was recorded, in milliseconds; 0 when there is none.
  private(set) var firstRecordedAt: Int64 = 0
  /// When the last event was recorded, in milliseconds; 0 when there is none.
  private(set) var recordedAt: Int64 = 0

  /// The contents of no rows, before the one at the position `start`.
  init(at start: Int) {
    run = TreeRun(at: start)
  }

  /// The position behind the last event.
  var end: Int { run.end }

  /// Takes in all rows of a chunk or frame.
  ///
  /// - Parameters:
  ///   - rows: The decoded rows, to the end.
  ///   - count: How many there are.
  ///   - columns: Their facts.
  ///   - start: Where the facts of the first row stand in the columns.
  ///   - line: Memory to use again.
  /// - Throws: ``FrameError`` for what is wrong in the first row that is; the rows before it are
  ///   taken in.
  mutating func append(
    _ rows: Span<UInt8>,
    count: Int,
    with columns: FactColumns,
    from start: Int,
    _ line: inout [UInt8]
  ) throws(FrameError) {
    // Growing by doubling, not by what this chunk needs.
    if events.isEmpty {
      line.reserveCapacity(4_096)
      events.reserveCapacity(max(count, min(columns.count, 65_536)))
    }
    var cursor = DetailCursor()
    for index in start..<(start + count) {
      let row = try cursor.next(of: rows)
      guard row.recordedAt >= recordedAt else {
        throw .outOfRange("the event at position \(end) was recorded before the one before it")
      }
      line.removeAll(keepingCapacity: true)
      line.append(MerkleHash.leafPrefix)
      try appendCanonicalBytes(of: row, rows, with: columns, at: index, to: &line)
      guard line.count <= 1 + Event.canonicalByteCountMax else {
        throw .outOfRange("the event at position \(end) has \(line.count - 1) bytes")
      }
      let leaf = MerkleHash.leaf(prefixed: line.span)
      if !row.repeatsMetadata, row.metadataFlags.contains(.hasCommandID) {
        line.removeAll(keepingCapacity: true)
        try row.appendCommandID(of: rows, to: &line)
        commands.append((end, CommandHash(MerkleHash.plain(line.span))))
      }
      if columns.kinds[index] == FactColumns.Kind.rulesActivated.rawValue {
        activations.append(end)
      }
      if events.isEmpty { firstRecordedAt = row.recordedAt }
      recordedAt = row.recordedAt
      events.append(NamespaceVersion(id: columns.namespaceIDs[index], version: row.version))
      run.append(leaf)
    }
    guard cursor.isAtEnd(of: rows) else { throw .outOfRange("bytes follow the last row") }
  }
}
