internal import LedgerFormat
internal import LedgerProof

/// Makes the sealed file of a segment from its file of frames.
///
/// The events are hashed from what was written, and must give the root that the frames say, before
/// anything takes the place of the frames.
struct SegmentSealing {
  let folder: LogFolder
  let identity: LedgerIdentity
  let files: OpenFiles
  /// Whether to give up; asked now and then.
  let isStopped: @Sendable () -> Bool
  /// How many bytes are written before they are synced, so that no sync is a long one.
  var syncByteCount = 8 << 20

  private var disk: any Disk { files.disk }

  /// What the frames of a segment say of its end.
  private struct End {
    var root: Hash256
    var recordedAt: Int64
  }

  /// Writes the sealed file under its name, durably; the frames are left as they are.
  ///
  /// - Parameters:
  ///   - segment: A segment of frames that nothing is appended to.
  ///   - end: The position behind its last event.
  /// - Returns: The sealed segment.
  /// - Throws: ``LogError/noSpace(_:)``, ``LogError/disk(_:)``, ``LogError/damaged(_:)`` when the
  ///   frames are not what was written or what was made of them is not the same, or
  ///   ``LogError/cancelled``. No file of an unfinished segment is left then, if the disk lets.
  func seal(_ segment: LogSegment, end: Int) throws(LogError) -> SealedSegment {
    let path = folder.sealed(segment.firstPosition)
    let unfinished = path + LogFolder.unfinishedSuffix
    do throws(LogError) {
      try write(segment, end: end, to: unfinished)
    } catch {
      do throws(DiskError) {
        try disk.remove(unfinished)
      } catch {
        // The next opening for writing removes it; what went wrong first is what counts.
      }
      guard case .damaged(let damage) = error, damage.file == unfinished else { throw error }
      // What was made of the frames says something wrong, so the frames do.
      throw .damaged(
        Damage(
          file: segment.path,
          offset: 0,
          position: damage.position,
          reason: "it cannot be sealed: \(damage.reason)"
        )
      )
    }
    do throws(DiskError) {
      try disk.rename(unfinished, to: path)
      #if !MUTANT_SEALED_FOLDER_SYNC
      try disk.syncFolder(folder.segments)
      #endif
    } catch {
      throw .writing(error)
    }
    return try SealedSegment(path, firstPosition: segment.firstPosition, files)
  }

  private func write(
    _ segment: LogSegment,
    end: Int,
    to unfinished: String
  ) throws(LogError) {
    var output: Output
    do throws(DiskError) {
      try disk.remove(unfinished)
      output = Output(try disk.create(unfinished), syncByteCount: syncByteCount)
    } catch {
      throw .writing(error)
    }
    let (header, file) = try readHeader(segment)
    var encoder = SealedSegmentEncoder(replacing: header)
    let known = try encode(segment, file, header, end: end, &encoder, &output)
    try output.write(encoder.takeOutput())
    let contents = try hash(output.file, unfinished, header, end: end, known, &encoder)
    _ = encoder.finish(root: known.root)
    try output.write(encoder.takeOutput())
    #if !MUTANT_SEALED_SYNC
    try output.sync()
    #endif
    let sealed = try SealedSegment(unfinished, firstPosition: header.firstPosition, files)
    files.close(unfinished)
    defer { files.close(unfinished) }
    _ = try IndexCheck(segment: sealed, contents: contents).versions()
    guard sealed.end == end, sealed.directory.root == known.root,
      sealed.directory.recordedAt == known.recordedAt, sealed.directory.marks == segment.marks
    else { throw sealed.damage(0, header.firstPosition, "it does not say what its frames say") }
  }

  private func readHeader(
    _ segment: LogSegment
  ) throws(LogError) -> (header: SegmentHeader, file: any DiskFile) {
    let file = try onDisk { () throws(DiskError) in try disk.open(segment.path, for: .reading) }
    var window = FileWindow(file, segment.path)
    let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
    let header = try sound(segment.path, 0, segment.firstPosition) { () throws(FrameError) in
      let header = try SegmentHeader(reading: window.buffer.span.extracting(bytes))
      guard header.identity == identity, header.firstPosition == segment.firstPosition else {
        throw .outOfRange("the file belongs to another ledger")
      }
      return header
    }
    return (header, file)
  }

  /// Encodes all frames, and writes the blocks.
  private func encode(
    _ segment: LogSegment,
    _ file: any DiskFile,
    _ header: SegmentHeader,
    end: Int,
    _ encoder: inout SealedSegmentEncoder,
    _ output: inout Output
  ) throws(LogError) -> End {
    let byteCount = try onDisk { () throws(DiskError) in try file.byteCount() }
    guard let range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks) else {
      preconditionFailure("a segment header has a peak for each set bit")
    }
    var walk = SegmentWalk(FileWindow(file, segment.path), header, root: range.root)
    var decoder = FrameDecoder()
    while true {
      if isStopped() { throw .cancelled }
      let place = walk.offset
      let problem: String
      switch try walk.next(limit: byteCount, checksBody: false) {
      case .frame(let frame, let offset):
        guard frame.kind == .commit else { continue }
        try decoder.load(frame, at: offset, &walk.window)
        try decoder.withRows(segment.path, offset, withFacts: true) {
          columns,
          rows throws(FrameError) in
          try encoder.append(columns, rows, mark: frame.mark) { MerkleHash.plain($0) }
        }
        try output.write(encoder.takeOutput())
        continue
      case .end:
        if walk.size == end {
          encoder.endBlock()
          return End(root: walk.root, recordedAt: walk.recordedAt)
        }
        problem = "the file is too short"
      case .torn(let error): problem = error.description
      case .misplaced(let reason): problem = reason
      }
      throw .damaged(
        Damage(file: segment.path, offset: place, position: walk.size, reason: problem)
      )
    }
  }

  /// Reads the blocks back from the new file, and hashes their events.
  private func hash(
    _ file: any DiskFile,
    _ path: String,
    _ header: SegmentHeader,
    end: Int,
    _ known: End,
    _ encoder: inout SealedSegmentEncoder
  ) throws(LogError) -> SegmentContents {
    guard var range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks) else {
      preconditionFailure("a segment header has a peak for each set bit")
    }
    var contents = SegmentContents()
    var reader = BlockReader(file, path, identity, at: header.byteCount)
    while range.leafCount < end {
      if isStopped() { throw .cancelled }
      let rows = try reader.next(at: range.leafCount)
      range.append(rows.run, &contents.trees)
      contents.append(rows)
    }
    guard range.leafCount == end, range.root == known.root else {
      throw .damaged(
        Damage(
          file: folder.segment(header.firstPosition),
          offset: 0,
          position: header.firstPosition,
          reason: "the events of the segment do not give its root"
        )
      )
    }
    for tree in contents.trees { encoder.append(tree: tree) }
    return contents
  }
}

/// A new file that is written from its first byte to its last.
private struct Output {
  let file: any DiskFile
  private let syncByteCount: Int
  private var offset = 0
  private var syncedOffset = 0

  init(_ file: any DiskFile, syncByteCount: Int) {
    self.file = file
    self.syncByteCount = syncByteCount
  }

  mutating func write(_ bytes: [UInt8]) throws(LogError) {
    guard !bytes.isEmpty else { return }
    do throws(DiskError) {
      try file.write(bytes.span, at: offset)
      offset += bytes.count
      guard offset - syncedOffset >= syncByteCount else { return }
      try file.sync()
      syncedOffset = offset
    } catch {
      throw .writing(error)
    }
  }

  mutating func sync() throws(LogError) {
    do throws(DiskError) {
      try file.sync()
    } catch {
      throw .writing(error)
    }
  }
}
