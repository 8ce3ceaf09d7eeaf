internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// Goes through a log from its first byte and finds the last commit up to which all is sound.
///
/// Everything is looked at that `verify` looks at, so that a log which is cut at what this finds
/// passes `verify`.
struct SoundPrefix {
  /// A file of the log.
  struct File: Equatable {
    /// The position in its name.
    let firstPosition: Int
    /// Its name.
    let name: String
  }

  /// Where the first thing stands that is not as it was written.
  struct BadPlace {
    /// The file; it may not exist.
    let path: String
    /// Where in the file, in bytes.
    let offset: Int
    /// What is wrong there, without a full stop.
    let reason: String
    /// The place of the file in ``SoundPrefix/files``; `nil` when the file is missing.
    let fileIndex: Int?
    /// The first position in the name of the file.
    let firstPosition: Int
  }

  let folder: LogFolder
  let disk: any Disk
  /// The log's files, in order; where frames and a sealed copy of them stand, only the frames.
  private(set) var files: [File] = []
  /// The sealed copies that stand beside their frames.
  private(set) var copies: [File] = []
  /// The place in ``files`` of the last one that holds something sound; `nil` before any.
  var lastSoundIndex: Int?
  /// Where in that file the sound bytes end.
  var end = 0
  private(set) var range = CompactRange()
  private(set) var recordedAt: Int64 = 0
  var identity: LedgerIdentity?
  private(set) var versions: [Int64: Int] = [:]
  /// The marks of the sound frames and segments, in order.
  var marks: [[UInt8]] = []
  /// The marks of the sealed segment of which only a part is sound.
  var marksOfPart: [[UInt8]] = []
  /// The sealed segments whose events are sound and whose index is not.
  var damagedIndexes: [File] = []

  /// The number of sound events.
  var size: Int { range.leafCount }
  /// The version of the ledger's own newest event.
  var ledgerVersion: Int { versions[0] ?? 0 }

  init(_ folder: LogFolder, _ disk: any Disk) {
    self.folder = folder
    self.disk = disk
  }

  /// Goes through the files.
  ///
  /// - Parameter progress: Called with the number of sound events so far.
  /// - Returns: The first place that is bad; `nil` when every byte is sound.
  /// - Throws: ``LogError/notALog(folder:)``, ``LogError/newerVersion(file:version:)`` or
  ///   ``LogError/disk(_:)``.
  mutating func walk(progress: (Int) -> Void) throws(LogError) -> BadPlace? {
    try listFiles()
    guard let first = files.first else { throw .notALog(folder: folder.path) }
    if first.firstPosition != 0 { return missing(eventsBefore: first) }
    for (index, file) in files.enumerated() {
      if file.firstPosition != size, index > 0 {
        return file.firstPosition > size
          ? missing(eventsBefore: file)
          : bad(index, 0, "the file begins at a position that the file before it holds already")
      }
      let problem =
        file.name.hasSuffix(LogFolder.sealedFileSuffix)
        ? try walkSealed(index, progress) : try walkFrames(index, progress)
      if let problem { return problem }
    }
    // A segment is sealed only after the next one has begun; nobody knows what that one held.
    if let last = files.last, last.name.hasSuffix(LogFolder.sealedFileSuffix) {
      return missing("the file is missing")
    }
    return nil
  }

  private mutating func listFiles() throws(LogError) {
    guard let names = try onDisk({ () throws(DiskError) in try disk.names(in: folder.segments) })
    else { throw .notALog(folder: folder.path) }
    let all = names.compactMap { name in
      LogFolder.anyFirstPosition(name).map { File(firstPosition: $0, name: name) }
    }
    // Frames sort before a sealed copy of them.
    .sorted { ($0.firstPosition, $0.name) < ($1.firstPosition, $1.name) }
    for file in all {
      if files.last?.firstPosition == file.firstPosition {
        copies.append(file)
      } else {
        files.append(file)
      }
    }
  }

  private mutating func walkFrames(
    _ index: Int,
    _ progress: (Int) -> Void
  ) throws(LogError) -> BadPlace? {
    let path = self.path(index)
    let file = try onDisk { () throws(DiskError) in try disk.open(path, for: .reading) }
    let byteCount = try onDisk { () throws(DiskError) in try file.byteCount() }
    var window = FileWindow(file, path)
    let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
    let header: SegmentHeader
    do {
      header = try SegmentHeader(reading: window.buffer.span.extracting(bytes))
    } catch .newerVersion(let version) {
      throw .newerVersion(file: path, version: version)
    } catch {
      return bad(index, 0, error.description)
    }
    if let problem = problem(with: header, files[index]) { return bad(index, 0, problem) }
    identity = header.identity
    lastSoundIndex = index
    end = header.byteCount
    var walk = SegmentWalk(window, header, root: range.root)
    var decoder = FrameDecoder()
    while true {
      let place = walk.offset
      switch try walk.next(limit: byteCount, checksBody: true) {
      case .end: return nil
      case .torn(let error): return bad(index, place, error.description)
      case .misplaced(let problem): return bad(index, place, problem)
      case .frame(let frame, let offset):
        if let problem = try check(frame, offset, &walk.window, &decoder) {
          return bad(index, place, problem)
        }
        end = walk.offset
        progress(size)
      }
    }
  }

  /// Takes a frame in when every event of it is sound.
  private mutating func check(
    _ frame: FrameHeader,
    _ offset: Int,
    _ window: inout FileWindow,
    _ decoder: inout FrameDecoder
  ) throws(LogError) -> String? {
    if frame.kind == .seal { return try check(seal: frame, offset, &window) }
    var batch = Batch(range: range, recordedAt: recordedAt)
    var problem: String?
    do throws(LogError) {
      try decoder.load(frame, at: offset, &window)
      try decoder.forEachEvent(window.path, offset) { event in
        problem = batch.add(event, after: versions)
        return problem == nil
      }
    } catch .damaged(let damage) {
      return damage.reason
    } catch {
      throw error
    }
    if let problem { return problem }
    guard batch.range.root == frame.root, batch.recordedAt == frame.recordedAt else {
      return "the events of the frame do not give its root"
    }
    take(batch)
    if !frame.mark.isEmpty { marks.append(frame.mark) }
    return nil
  }

  /// Takes a batch in, all of which is sound.
  mutating func take(_ batch: Batch) {
    range = batch.range
    recordedAt = batch.recordedAt
    versions.merge(batch.versions) { _, newer in newer }
  }

  private func check(
    seal frame: FrameHeader,
    _ offset: Int,
    _ window: inout FileWindow
  ) throws(LogError) -> String? {
    let bytes = try window.load(frame.frameByteCount, at: offset)
    let start = bytes.lowerBound + frame.byteCount
    guard frame.root == range.root else { return "a seal has another root" }
    for (index, peak) in range.peaks.enumerated()
    where Hash256(window.buffer.span, at: start + index * Hash256.byteCount) != peak {
      return "a seal holds other hashes than the events give"
    }
    return nil
  }

  func problem(with header: SegmentHeader, _ file: File) -> String? {
    let isSealed = file.name.hasSuffix(LogFolder.sealedFileSuffix)
    if header.kind != (isSealed ? .sealed : .frames) { return "the file is of another kind" }
    if let identity, identity != header.identity { return "the file belongs to another ledger" }
    if header.firstPosition != file.firstPosition {
      return "the file begins at position \(header.firstPosition)"
    }
    guard header.peaks == range.peaks, header.recordedAtBefore == recordedAt else {
      return "the file does not follow from the one before"
    }
    return nil
  }

  private func path(_ index: Int) -> String { "\(folder.segments)/\(files[index].name)" }

  func bad(_ index: Int, _ offset: Int, _ reason: String) -> BadPlace {
    BadPlace(
      path: path(index),
      offset: offset,
      reason: reason,
      fileIndex: index,
      firstPosition: files[index].firstPosition
    )
  }

  private func missing(eventsBefore file: File) -> BadPlace {
    missing("the events before position \(file.firstPosition) are missing")
  }

  private func missing(_ reason: String) -> BadPlace {
    BadPlace(
      path: folder.segment(size),
      offset: 0,
      reason: reason,
      fileIndex: nil,
      firstPosition: size
    )
  }
}

extension SoundPrefix {
  /// Events that are taken in together or not at all.
  struct Batch {
    private(set) var range: CompactRange
    private(set) var recordedAt: Int64
    private(set) var versions: [Int64: Int] = [:]

    init(range: CompactRange, recordedAt: Int64) {
      self.range = range
      self.recordedAt = recordedAt
    }

    /// Adds the next event.
    ///
    /// - Returns: What is wrong with it, if anything is.
    mutating func add(_ event: Event, after earlier: [Int64: Int]) -> String? {
      let id = event.namespaceID.rawValue
      let version = (versions[id] ?? earlier[id] ?? 0) + 1
      guard event.position == range.leafCount, event.version == version else {
        return "the event at position \(event.position) has version \(event.version) of namespace "
          + "\(event.namespaceID), where \(version) comes next"
      }
      guard event.recordedAt.milliseconds >= recordedAt else {
        return "the event at position \(event.position) was recorded before the one before it"
      }
      versions[id] = version
      recordedAt = event.recordedAt.milliseconds
      range.append(leafHash(of: event))
      return nil
    }
  }
}
