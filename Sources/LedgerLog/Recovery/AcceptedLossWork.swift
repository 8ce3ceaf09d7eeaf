internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// Finds what a damaged log would lose, and plans how.
struct LossWork {
  let folder: LogFolder
  let disk: any Disk
  /// How many events were signed; 0 when none were.
  let signedSize: Int

  init(_ folder: LogFolder, _ disk: any Disk, signedSize: Int) {
    self.folder = folder
    self.disk = disk
    self.signedSize = signedSize
  }

  /// What is left of the log, and where it is bad.
  func examine(
    head: DurableHead?,
    _ progress: (Int) -> Void
  ) throws(LogError) -> (
    examination: LossExamination, prefix: SoundPrefix, place: SoundPrefix.BadPlace?
  ) {
    var prefix = SoundPrefix(folder, disk)
    let plan = try unfinishedPlan()
    var place = try prefix.walk(progress: progress)
    let knownHead = head.flatMap { head in
      prefix.identity.map { $0 == head.identity } ?? true ? head : nil
    }
    if plan == nil {
      if try isTornTail(place, prefix, knownHead) {
        return (.tornTail(size: prefix.size), prefix, nil)
      }
      if place == nil { place = shortness(prefix, knownHead) }
    }
    guard plan != nil || place != nil else {
      let files = prefix.damagedIndexes.map { "\(folder.segments)/\($0.name)" }
      let isSound = files.isEmpty
      return (
        isSound ? .sound(size: prefix.size) : .damagedIndex(size: prefix.size, files: files),
        prefix, nil
      )
    }
    let finding = try finding(place, prefix, knownHead, isAccepted: plan != nil)
    return (.damaged(finding), prefix, place)
  }

  /// Whether opening the log for writing would cut the bad bytes by itself.
  private func isTornTail(
    _ place: SoundPrefix.BadPlace?,
    _ prefix: SoundPrefix,
    _ head: DurableHead?
  ) throws(LogError) -> Bool {
    guard let place, place.fileIndex == prefix.files.count - 1, place.offset > 0,
      signedSize <= prefix.size
    else {
      return false
    }
    var opening = LogOpening(folder, OpenFiles(disk), head: head)
    do throws(LogError) {
      try opening.read(.wholeFrames)
    } catch .damaged {
      return false
    } catch {
      throw error
    }
    return opening.tornTail?.offset == place.offset
  }

  /// The end of a log in which nothing is bad, but which is shorter than it is known to have been.
  private func shortness(
    _ prefix: SoundPrefix,
    _ head: DurableHead?
  ) -> SoundPrefix.BadPlace? {
    guard let index = prefix.lastSoundIndex else { return nil }
    let file = prefix.files[index]
    let reason: String
    if let head,
      head.size > prefix.size || (head.segment == file.firstPosition && head.end > prefix.end)
    {
      reason = "\(head.size) events were acknowledged and \(prefix.size) are here"
    } else if signedSize > prefix.size {
      reason = "\(signedSize) events were signed and \(prefix.size) are here"
    } else {
      return nil
    }
    return SoundPrefix.BadPlace(
      path: "\(folder.segments)/\(file.name)",
      offset: prefix.end,
      reason: reason,
      fileIndex: index,
      firstPosition: file.firstPosition
    )
  }

  private func finding(
    _ place: SoundPrefix.BadPlace?,
    _ prefix: SoundPrefix,
    _ head: DurableHead?,
    isAccepted: Bool
  ) throws(LogError) -> LossFinding {
    var claim = LossClaim(identity: prefix.identity ?? head?.identity)
    if let head { claim.note(size: head.size, root: nil) }
    claim.note(size: signedSize, root: nil)
    let cut = place.map { filesCut(at: $0, prefix) } ?? FilesCut()
    var byteCount = 0
    var marks = LossMarks(kept: prefix.marks)
    if let index = prefix.lastSoundIndex, place?.fileIndex == index {
      // As they are spread over the frames that are made of its sound events.
      let eventCount = prefix.size - prefix.files[index].firstPosition
      marks.uncertain = prefix.marksOfPart.suffix(eventCount)
      marks.kept += marks.uncertain
    }
    for name in cut.moved + (cut.tailByteCount > 0 ? [cut.tailName] : []) {
      let path = "\(folder.segments)/\(name)"
      let file = try onDisk { () throws(DiskError) in try disk.open(path, for: .reading) }
      let count = try onDisk { () throws(DiskError) in try file.byteCount() }
      byteCount += name == cut.tailName ? cut.tailByteCount : count
      try claim.search(file, path, count, behind: name == cut.tailName ? cut.end : 0)
      if name.hasSuffix(LogFolder.sealedFileSuffix) { marks.cut += sealedMarks(name) }
    }
    marks.cut += claim.marks
    return LossFinding(
      damage: Damage(
        file: place?.path ?? folder.lossPlan,
        offset: place?.offset ?? 0,
        position: prefix.size,
        reason: place?.reason ?? "a loss was accepted and is not recorded yet"
      ),
      soundSize: prefix.size,
      soundRoot: prefix.range.root,
      sizeBefore: max(claim.size, prefix.size),
      rootBefore: claim.size > prefix.size ? claim.root : nil,
      keptByteCount: byteCount,
      keptFiles: ((cut.tailByteCount > 0 ? [cut.tailName] : []) + cut.moved).sorted(),
      marks: marks,
      isAccepted: isAccepted
    )
  }

  /// The marks of a sealed segment, as far as they can be read.
  private func sealedMarks(_ name: String) -> [[UInt8]] {
    guard let position = LogFolder.anyFirstPosition(name) else { return [] }
    // What cannot be read says nothing.
    let segment = try? SealedSegment(
      "\(folder.segments)/\(name)",
      firstPosition: position,
      OpenFiles(disk)
    )
    return segment?.directory.marks ?? []
  }

  /// What of the files goes when the log is cut.
  private struct FilesCut {
    var segment = 0
    var end = 0
    var tailName = ""
    var tailByteCount = 0
    var moved: [String] = []
  }

  private func filesCut(at place: SoundPrefix.BadPlace, _ prefix: SoundPrefix) -> FilesCut {
    var cut = FilesCut()
    let isInside = place.fileIndex != nil && place.fileIndex == prefix.lastSoundIndex
    guard let index = prefix.lastSoundIndex else { return cut }
    let file = prefix.files[index]
    let isSealed = file.name.hasSuffix(LogFolder.sealedFileSuffix)
    cut.moved = prefix.files.dropFirst(index + 1).map(\.name)
    if !isSealed {
      cut.segment = file.firstPosition
      cut.end = prefix.end
      if isInside { cut.tailName = file.name }
    } else if isInside {
      cut.segment = file.firstPosition
      cut.moved.insert(file.name, at: 0)
    } else {
      cut.segment = prefix.size
    }
    cut.moved += prefix.copies.filter { $0.firstPosition >= cut.segment }.map(\.name)
    if !cut.tailName.isEmpty {
      let path = "\(folder.segments)/\(cut.tailName)"
      // A file that was there a moment ago and cannot be opened now shows when it is cut.
      let count = (try? disk.open(path, for: .reading).byteCount()) ?? cut.end
      cut.tailByteCount = max(0, count - cut.end)
      if cut.tailByteCount == 0 { cut.tailName = "" }
    }
    return cut
  }

  /// What is done to accept the loss.
  func plan(
    _ finding: LossFinding,
    _ prefix: SoundPrefix,
    _ place: SoundPrefix.BadPlace,
    _ metadata: Metadata,
    _ now: Instant
  ) throws(LogError) -> AcceptedLossPlan {
    guard let identity = prefix.identity else { throw .damaged(finding.damage) }
    let cut = filesCut(at: place, prefix)
    let kept = try unusedName("loss-\(prefix.size)")
    let recordedAt = max(now.milliseconds, prefix.recordedAt)
    var fields: [JSONMember] = [
      JSONMember("damaged_at", .integer(Int64(finding.damage.offset))),
      JSONMember("damaged_file", .string("segments/\(Self.lastName(place.path))")),
      JSONMember("kept_bytes", .integer(Int64(finding.keptByteCount))),
      JSONMember("kept_in", .string("quarantine/\(kept)")),
      JSONMember("lost_events_min", .integer(Int64(finding.lostCount))),
      JSONMember("root_after", .string(finding.soundRoot.description)),
      JSONMember("size_after", .integer(Int64(finding.soundSize))),
      JSONMember("size_before", .integer(Int64(finding.sizeBefore))),
    ]
    if let root = finding.rootBefore {
      fields.append(JSONMember("root_before", .string(root.description)))
    }
    let own = String(decoding: canonicalJSON(of: .object(fields)), as: UTF8.self)
    return AcceptedLossPlan(
      identity: identity,
      segment: cut.segment,
      end: cut.end,
      kept: kept,
      tailByteCount: cut.tailByteCount,
      moved: cut.moved,
      peaks: prefix.range.peaks,
      recordedAt: prefix.recordedAt,
      event: Event(
        position: prefix.size,
        namespaceID: .ledger,
        version: prefix.ledgerVersion + 1,
        recordedAt: Instant(milliseconds: recordedAt) ?? now,
        metadata: metadata,
        fact: .unknown(UnknownFact(type: AcceptedLoss.eventType, canonicalFields: own))
      )
    )
  }

  /// Makes sealed segments whose index is damaged into frames again, and keeps the sealed files.
  ///
  /// - Returns: The folder that keeps the last of them; `nil` when there was none.
  func repairIndexes(of prefix: SoundPrefix) throws(LogError) -> String? {
    var kept: String?
    for file in prefix.damagedIndexes {
      guard let index = prefix.files.firstIndex(of: file) else { continue }
      let end =
        index == prefix.lastSoundIndex ? prefix.size : prefix.files[index + 1].firstPosition
      try RemadeFrames(folder: folder, disk: disk).make(file.firstPosition, to: end)
      let target = "\(folder.quarantine)/\(try unusedName("index-\(file.firstPosition)"))"
      try onDisk { () throws(DiskError) in
        try disk.createFolder(folder.quarantine)
        try disk.syncFolder(folder.path)
        try disk.createFolder(target)
        try disk.syncFolder(folder.quarantine)
        try disk.rename("\(folder.segments)/\(file.name)", to: "\(target)/\(file.name)")
        try disk.syncFolder(target)
        try disk.syncFolder(folder.segments)
      }
      kept = target
    }
    return kept
  }

  /// Makes the plan durable; from here on nobody opens the log.
  func write(_ plan: AcceptedLossPlan) throws(DiskError) {
    let unfinished = folder.lossPlan + LogFolder.unfinishedSuffix
    try disk.remove(unfinished)
    let file = try disk.create(unfinished)
    try file.write(plan.bytes.span, at: 0)
    try file.sync()
    try disk.rename(unfinished, to: folder.lossPlan)
    try disk.syncFolder(folder.path)
  }

  /// The plan of a run that did not finish.
  func unfinishedPlan() throws(LogError) -> AcceptedLossPlan? {
    let file: any DiskFile
    do {
      file = try disk.open(folder.lossPlan, for: .reading)
    } catch  where error.isNotFound {
      return nil
    } catch {
      throw .disk(error)
    }
    let bytes = try onDisk { () throws(DiskError) in
      let count = try file.byteCount()
      var bytes = [UInt8](repeating: 0, count: count)
      _ = try file.read(count, at: 0, into: &bytes)
      return bytes
    }
    guard let plan = AcceptedLossPlan(reading: bytes) else {
      throw .damaged(
        Damage(
          file: folder.lossPlan,
          offset: 0,
          position: 0,
          reason: "the plan of an accepted loss cannot be read"
        )
      )
    }
    return plan
  }

  private func unusedName(_ name: String) throws(LogError) -> String {
    var candidate = name
    var number = 1
    while try onDisk({ () throws(DiskError) in
      try disk.names(in: "\(folder.quarantine)/\(candidate)")
    }) != nil {
      number += 1
      candidate = "\(name).\(number)"
    }
    return candidate
  }

  private static func lastName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
