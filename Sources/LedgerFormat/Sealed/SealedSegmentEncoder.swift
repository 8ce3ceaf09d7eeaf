package import LedgerCore

/// Makes the file of a sealed segment from the frames of a segment, a frame at a time.
///
/// The file comes out in order, in parts: after any call, ``takeOutput()`` gives what may be written
/// behind what was written before. Nothing is held in memory but one block, 20 bytes for each
/// command and 8 for each event.
package struct SealedSegmentEncoder {
  private let header: SegmentHeader
  private var output: [UInt8] = []
  /// The size of what was taken, in bytes.
  private var takenByteCount = 0
  private var block = SealedBlockEncoder()
  private var blocks: [SealedDirectory.Block] = []
  private var regions: [SealedDirectory.Region] = []
  private var namespaceIDs: [Int64] = []
  private var commands = CommandIndex.Encoder()
  private var treeHashes: [UInt8] = []
  private var activations: [Int] = []
  private var marks: [[UInt8]] = []
  private var recordedAt: Int64
  private var text: [UInt8] = []

  /// A sealed segment in the place of the file of frames with that header.
  package init(replacing header: SegmentHeader) {
    self.header = SegmentHeader(
      identity: header.identity,
      firstPosition: header.firstPosition,
      recordedAtBefore: header.recordedAtBefore,
      peaks: header.peaks,
      kind: .sealed
    )
    recordedAt = header.recordedAtBefore
    self.header.write(to: &output)
  }

  /// The number of events so far.
  package var eventCount: Int { namespaceIDs.count }

  /// Appends the events of a commit frame.
  ///
  /// - Parameters:
  ///   - columns: The frame's decoded facts, which follow those of the frame before.
  ///   - details: The frame's decoded details.
  ///   - mark: The frame's mark, if it has one.
  ///   - commandHash: The SHA-256 of a command id's text.
  /// - Throws: ``FrameError`` when rows and facts are not as many or time goes back; the encoder is
  ///   then of no more use.
  /// - Precondition: The first event is the next one; the segment has fewer than 2^32.
  package mutating func append(
    _ columns: FactColumns,
    _ details: Span<UInt8>,
    mark: [UInt8] = [],
    commandHash: (Span<UInt8>) -> Hash256
  ) throws(FrameError) {
    precondition(
      columns.firstPosition == header.firstPosition + eventCount,
      "the frames of a segment follow each other"
    )
    if !mark.isEmpty { marks.append(mark) }
    let first = eventCount
    namespaceIDs += columns.namespaceIDs
    var cursor = DetailCursor()
    var start = 0
    while start < columns.count {
      if block.isFull { writeBlock() }
      // Only the number of events is known to fit; what their details take ends a block early.
      let room = SealedBlockHeader.eventCountMax - block.count
      let runMax = min(columns.count - start, room, SealedBlockHeader.detailChunkEventCount)
      let run = start..<(start + runMax)
      block.append(run, of: columns)
      for index in run {
        let row = try cursor.next(of: details)
        guard row.recordedAt >= recordedAt else {
          throw .outOfRange("recorded_at goes back to \(row.recordedAt)")
        }
        recordedAt = row.recordedAt
        try block.append(row, of: details)
        if columns.kinds[index] == FactColumns.Kind.rulesActivated.rawValue {
          activations.append(columns.firstPosition + index)
        }
        if !row.repeatsMetadata, row.metadataFlags.contains(.hasCommandID) {
          text.removeAll(keepingCapacity: true)
          try row.appendCommandID(of: details, to: &text)
          let hash = CommandHash(commandHash(text.span))
          commands.append(hash, ordinal: UInt32(first + index))
        }
      }
      start = run.upperBound
    }
    guard cursor.isAtEnd(of: details) else { throw .outOfRange("bytes follow the last row") }
  }

  /// Ends the block that is being filled, so that all events so far are in the output.
  package mutating func endBlock() {
    writeBlock()
  }

  /// Appends the root of the next perfect tree of 256 leaves whose last leaf is in the segment.
  package mutating func append(tree hash: Hash256) {
    hash.append(to: &treeHashes)
  }

  /// Ends the segment.
  ///
  /// - Parameter root: Of the tree of all events up to the last one.
  /// - Returns: The directory that the file has.
  /// - Precondition: There is an event.
  package mutating func finish(root: Hash256) -> SealedDirectory {
    writeBlock()
    write(treeHashes, as: .tree)
    let namespaces = NamespaceIndex.encode(namespaceIDs, of: header.identity)
    write(namespaces.pages, as: .namespacePages)
    write(namespaces.fences, as: .namespaceFences)
    let commands = commands.encode(of: header.identity)
    write(commands.pages, as: .commandPages)
    write(commands.fences, as: .commandFences)
    write(commands.filter, as: .commandFilter)
    let directory = SealedDirectory(
      firstPosition: header.firstPosition,
      eventCount: eventCount,
      recordedAt: recordedAt,
      root: root,
      namespaceCount: namespaces.namespaceCount,
      blocks: blocks,
      regions: regions,
      activations: activations,
      marks: marks,
      offset: offset
    )
    directory.write(to: &output, of: header.identity)
    return directory
  }

  /// Hands over the bytes of the file since the last call, and forgets them.
  package mutating func takeOutput() -> [UInt8] {
    let taken = output
    takenByteCount += taken.count
    output = []
    return taken
  }

  /// Where the next byte of the file stands.
  private var offset: Int { takenByteCount + output.count }

  private mutating func writeBlock() {
    guard block.count > 0 else { return }
    blocks.append(
      SealedDirectory.Block(
        offset: offset,
        firstPosition: block.firstPosition,
        recordedAt: block.recordedAt
      )
    )
    block.write(to: &output, of: header.identity)
  }

  private mutating func write(_ bytes: [UInt8], as kind: SealedRegion) {
    guard !bytes.isEmpty else { return }
    regions.append(
      SealedDirectory.Region(
        kind: kind.rawValue,
        checksum: CRC32C.checksum(bytes.span),
        bytes: offset..<(offset + bytes.count)
      )
    )
    output += bytes
  }
}
