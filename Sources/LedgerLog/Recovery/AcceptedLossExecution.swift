internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// Does what the plan of an accepted loss says.
///
/// Each step may be done again: nothing is cut before its copy is durable, and what is copied,
/// moved or written already is left as it is or written with the same bytes.
struct LossExecution {
  let folder: LogFolder
  let disk: any Disk
  let plan: AcceptedLossPlan

  private var kept: String { "\(folder.quarantine)/\(plan.kept)" }
  private var path: String { folder.segment(plan.segment) }

  /// Runs from the plan, which is durable, to the end.
  func run(
    session: UInt64,
    _ settle: (_ event: Event, _ keptFolder: String) throws(DiskError) -> Void
  ) throws(LogError) {
    do {
      try disk.createFolder(folder.quarantine)
      try disk.syncFolder(folder.path)
      try disk.createFolder(kept)
      try disk.syncFolder(folder.quarantine)
      try keepTail()
      // Sound events of a sealed file are written anew before the file goes.
      if plan.remakesSegment, plan.segment < plan.event.position { try remake() }
      try move()
      if plan.remakesSegment, plan.segment == plan.event.position { try remake() }
      let (end, goesOn) = try record()
      // Behind the record nobody writes before all of this was done once.
      if !goesOn {
        try tell(end, session)
        try settle(plan.event, kept)
      }
      try disk.remove(folder.lossPlan)
      try disk.syncFolder(folder.path)
    } catch let error as DiskError {
      throw LogError.writing(error)
    } catch let error as LogError {
      throw error
    } catch {
      preconditionFailure("the calls above throw nothing else")
    }
  }

  /// Copies what stands behind the sound bytes; it is cut when the loss is recorded.
  private func keepTail() throws(DiskError) {
    guard plan.tailByteCount > 0 else { return }
    let name = "\(LogFolder.name(plan.segment)).\(plan.end)"
    guard try !(disk.names(in: kept) ?? []).contains(name) else { return }
    let unfinished = "\(kept)/\(name)\(LogFolder.unfinishedSuffix)"
    try disk.remove(unfinished)
    let copy = try disk.create(unfinished)
    let file = try disk.open(path, for: .reading)
    var buffer = [UInt8](repeating: 0, count: min(plan.tailByteCount, 1 << 20))
    var done = 0
    while done < plan.tailByteCount {
      let wanted = min(buffer.count, plan.tailByteCount - done)
      let count = try file.read(wanted, at: plan.end + done, into: &buffer)
      guard count > 0 else { break }
      try copy.write(buffer.span.extracting(0..<count), at: done)
      done += count
    }
    try copy.sync()
    try disk.rename(unfinished, to: "\(kept)/\(name)")
    try disk.syncFolder(kept)
  }

  /// Moves the files that go whole.
  private func move() throws(DiskError) {
    let done = Set(try disk.names(in: kept) ?? [])
    let there = Set(try disk.names(in: folder.segments) ?? [])
    for name in plan.moved where there.contains(name) && !done.contains(name) {
      try disk.rename("\(folder.segments)/\(name)", to: "\(kept)/\(name)")
    }
    try disk.syncFolder(kept)
    try disk.syncFolder(folder.segments)
  }

  /// Makes the file that the log ends in, from the sound events of a sealed one, if any.
  private func remake() throws {
    if plan.segment < plan.event.position {
      return try RemadeFrames(folder: folder, disk: disk)
        .make(plan.segment, to: plan.event.position)
    }
    let name = LogFolder.name(plan.segment)
    guard try !(disk.names(in: folder.segments) ?? []).contains(name) else { return }
    let header = SegmentHeader(
      identity: plan.identity,
      firstPosition: plan.segment,
      recordedAtBefore: plan.recordedAt,
      peaks: plan.peaks
    )
    _ = try createSegment(header, folder, disk)
  }

  /// Cuts the log behind the sound bytes and appends the event that records it.
  ///
  /// Where the record stands already, nothing is cut: a power cut may bring back the name of a plan
  /// that was done to its end, and the log may go on behind it.
  ///
  /// - Returns: Where the record ends, and whether the log goes on there.
  private func record() throws -> (end: Int, goesOn: Bool) {
    let file = try disk.open(path, for: .readingAndWriting)
    let start = try plan.remakesSegment ? soundEnd(of: file) : plan.end
    guard var range = CompactRange(leafCount: plan.event.position, peaks: plan.peaks) else {
      preconditionFailure("a plan has a peak for each set bit")
    }
    range.append(leafHash(of: plan.event))
    let commit = LossFrames.commit([plan.event], range, at: start, plan.identity)
    let end = start + commit.count
    let seal = LossFrames.seal(
      range,
      recordedAt: plan.event.recordedAt.milliseconds,
      at: end,
      plan.identity
    )
    if try !stands(commit + seal, at: start, in: file) {
      try file.truncate(to: start)
      try file.sync()
    }
    // Also what stands is written again: the run that wrote it may not have come to its sync.
    try file.write(commit.span, at: start)
    try file.sync()
    try file.write(seal.span, at: end)
    try file.sync()
    return (end + seal.count, try file.byteCount() > end + seal.count)
  }

  private func stands(
    _ bytes: [UInt8],
    at offset: Int,
    in file: any DiskFile
  ) throws(DiskError) -> Bool {
    var there = [UInt8](repeating: 0, count: bytes.count)
    return try file.read(bytes.count, at: offset, into: &there) == bytes.count && there == bytes
  }

  /// Where the sound events of a file end that was made anew.
  private func soundEnd(of file: any DiskFile) throws(LogError) -> Int {
    let byteCount = try onDisk { () throws(DiskError) in try file.byteCount() }
    var window = FileWindow(file, path)
    let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
    let header: SegmentHeader
    do {
      header = try SegmentHeader(reading: window.buffer.span.extracting(bytes))
    } catch {
      throw .damaged(
        Damage(file: path, offset: 0, position: plan.segment, reason: error.description)
      )
    }
    var walk = SegmentWalk(window, header, root: MerkleHash.empty)
    while walk.size < plan.event.position,
      case .frame = try walk.next(limit: byteCount, checksBody: true)
    {}
    guard walk.size == plan.event.position else {
      throw .damaged(
        Damage(
          file: path,
          offset: walk.offset,
          position: walk.size,
          reason: "the file that was made from sound events is damaged itself"
        )
      )
    }
    return walk.offset
  }

  /// Makes the durable head agree with the log, durably: the old one would say that events are
  /// missing.
  private func tell(_ end: Int, _ session: UInt64) throws(DiskError) {
    let head = DurableHead(
      identity: plan.identity,
      segment: plan.segment,
      end: end,
      size: plan.event.position + 1,
      session: session
    )
    let file = try disk.open(folder.lock, for: .readingAndWriting)
    try file.write(head.bytes.span, at: 0)
    try file.sync()
  }
}

/// The bytes of frames that are written outside of a ``LogWriter``.
enum LossFrames {
  /// A commit frame of events, the tree after which is `range`; without a mark when it is empty.
  static func commit(
    _ events: [Event],
    _ range: CompactRange,
    at offset: Int,
    _ identity: LedgerIdentity,
    mark: [UInt8] = []
  ) -> [UInt8] {
    var frame = FrameBody()
    for event in events { frame.append(event) }
    var body: [UInt8] = []
    let sections = frame.write(to: &body)
    let header = FrameHeader(
      kind: .commit,
      eventCount: events.count,
      firstPosition: range.leafCount - events.count,
      previousEnd: offset,
      syncedEnd: offset,
      root: range.root,
      recordedAt: frame.recordedAt ?? 0,
      hasRulesActivated: frame.hasRulesActivated,
      facts: sections.facts,
      details: sections.details,
      mark: mark
    )
    var bytes: [UInt8] = []
    header.write(to: &bytes, of: identity)
    return bytes + body
  }

  /// A seal.
  static func seal(
    _ range: CompactRange,
    recordedAt: Int64,
    at offset: Int,
    _ identity: LedgerIdentity
  ) -> [UInt8] {
    var peaks: [UInt8] = []
    for peak in range.peaks { peak.append(to: &peaks) }
    var details = FrameHeader.Section()
    details.storedByteCount = peaks.count
    details.decodedByteCount = peaks.count
    details.checksum = CRC32C.checksum(peaks.span)
    let header = FrameHeader(
      kind: .seal,
      eventCount: 0,
      firstPosition: range.leafCount,
      previousEnd: offset,
      syncedEnd: offset,
      root: range.root,
      recordedAt: recordedAt,
      hasRulesActivated: false,
      facts: FrameHeader.Section(),
      details: details,
      mark: []
    )
    var bytes: [UInt8] = []
    header.write(to: &bytes, of: identity)
    return bytes + peaks
  }
}
