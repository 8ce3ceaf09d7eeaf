internal import LedgerFormat
internal import LedgerProof

/// One run of copying a log's files into a folder.
struct LogCopy {
  /// A file of the log that is open, and how much of it belongs to the copy.
  struct Source {
    let name: String
    let firstPosition: Int
    let file: any DiskFile
    let byteCount: Int

    var isSealed: Bool { name.hasSuffix(LogFolder.sealedFileSuffix) }
  }

  let source: LogFolder
  let target: LogFolder
  let disk: any Disk
  /// Whether nobody takes the target for a log yet.
  let isNew: Bool
  private var copied = (fileCount: 0, byteCount: 0)
  private var kept = (fileCount: 0, byteCount: 0)
  private var buffer: [UInt8] = []
  /// The segments of the target that this run made or compared.
  private var done: Set<String> = []

  init(from source: LogFolder, to target: LogFolder, _ disk: any Disk, isNew: Bool) {
    self.source = source
    self.target = target
    self.disk = disk
    self.isNew = isNew
  }

  mutating func run(_ progress: LogBackup.Progress) throws(LogError) -> BackupReport {
    let reader = try LogReader.open(in: source.path, disk: disk)
    do {
      for folder in [target.path, target.segments] { try disk.createFolder(folder) }
      try disk.syncFolder("\(target.path)/..")
      try disk.syncFolder(target.path)
    } catch {
      throw .writing(error)
    }
    try checkTarget(reader)
    // Before the last look at the log, so that the copy is never shorter than a checkpoint in it.
    try copyKept(source.checkpoints, target.checkpoints, depth: 0)
    try reader.refresh()
    // A segment may be rewritten as a sealed one at any time; the last one then lacks the next.
    for _ in 0..<100 {
      if try copySegments(reader, progress) {
        do {
          // Also when all was kept: the run before may have ended before its own.
          try disk.syncFolder(target.segments)
        } catch {
          throw .writing(error)
        }
        try copyQuarantine()
        return try report(reader)
      }
      try reader.refresh()
    }
    throw .locked(folder: source.path)
  }

  /// Refuses to go on with a copy that is not a prefix of the log.
  private func checkTarget(_ reader: LogReader) throws(LogError) {
    let names = try onDisk { () throws(DiskError) in try disk.names(in: target.segments) } ?? []
    guard names.contains(where: { LogFolder.anyFirstPosition($0) != nil }) else { return }
    let copy: LogReader
    do throws(LogError) {
      copy = try LogReader.open(in: target.path, disk: disk)
    } catch .damaged where isNew {
      // A run that did not end leaves it without its last segment. All that is kept is compared.
      let positions = Set(reader.directory.with { $0.segments.map(\.firstPosition) })
      for name in names {
        guard let position = LogFolder.anyFirstPosition(name), !positions.contains(position) else {
          continue
        }
        do {
          try disk.remove("\(target.segments)/\(name)")
        } catch {
          throw .writing(error)
        }
      }
      return
    }
    guard copy.identity == reader.identity else {
      throw .otherBackup(folder: target.path, reason: "it is of another ledger")
    }
    guard copy.size <= reader.size else {
      throw .otherBackup(
        folder: target.path,
        reason: "it has \(copy.size) events, and the ledger only \(reader.size)"
      )
    }
    guard try reader.root(at: copy.size) == copy.root else {
      throw .otherBackup(
        folder: target.path,
        reason: "its \(copy.size) events are not the first ones of the ledger"
      )
    }
  }

  /// Copies what is not there yet.
  ///
  /// - Returns: Whether all of the log is copied; `false` when its last file was replaced meanwhile.
  private mutating func copySegments(
    _ reader: LogReader,
    _ progress: LogBackup.Progress
  ) throws(LogError) -> Bool {
    let (positions, end) = reader.directory.with { contents in
      (contents.segments.map(\.firstPosition), contents.end)
    }
    var doneByteCount = 0
    var totalByteCount = 0
    for position in positions {
      totalByteCount += try byteCount(position, isLast: position == positions.last, end)
    }
    for (index, position) in positions.enumerated() {
      let isLast = position == positions.last
      guard let file = try open(position, isLast: isLast, end) else { return false }
      let before = doneByteCount
      if done.contains(file.name) {
        // An earlier pass of this run has it.
      } else if try isSame(file) {
        kept.fileCount += 1
        kept.byteCount += file.byteCount
      } else {
        if !isNew, file.isSealed { try beginSegment(like: file) }
        try copy(file.file, to: "\(target.segments)/\(file.name)", file.byteCount) { count in
          progress(before + count, totalByteCount)
        }
      }
      if !isLast { done.insert(file.name) }
      if file.isSealed {
        // The last one is never sealed.
        let next = positions[index + 1]
        guard let following = try open(next, isLast: next == positions.last, end) else {
          return false
        }
        try removeFrames(of: file, before: following, reader)
      }
      doneByteCount += file.byteCount
      progress(doneByteCount, totalByteCount)
    }
    return true
  }

  private func byteCount(_ position: Int, isLast: Bool, _ end: Int) throws(LogError) -> Int {
    isLast ? end : try open(position, isLast: false, end)?.byteCount ?? 0
  }

  /// The file of a segment; `nil` when the last one is no longer one that is appended to.
  private func open(_ position: Int, isLast: Bool, _ end: Int) throws(LogError) -> Source? {
    let frames = LogFolder.name(position)
    let sealed = frames.replacingSuffix(with: LogFolder.sealedFileSuffix)
    // Sealed files replace frames, never the other way round.
    for name in isLast ? [frames] : [sealed, frames, sealed] {
      let file: any DiskFile
      do {
        file = try disk.open("\(source.segments)/\(name)", for: .reading)
      } catch  where error.isNotFound {
        continue
      } catch {
        throw .disk(error)
      }
      let byteCount = try onDisk { () throws(DiskError) in try file.byteCount() }
      return Source(
        name: name,
        firstPosition: position,
        file: file,
        byteCount: isLast ? end : byteCount
      )
    }
    return nil
  }

  /// Whether the target has the file: as large, with the same header and the same end.
  private mutating func isSame(_ source: Source) throws(LogError) -> Bool {
    let copy: any DiskFile
    do {
      copy = try disk.open("\(target.segments)/\(source.name)", for: .reading)
    } catch  where error.isNotFound {
      return false
    } catch {
      throw .disk(error)
    }
    guard try onDisk({ () throws(DiskError) in try copy.byteCount() }) == source.byteCount else {
      return false
    }
    let stretch = min(64 << 10, source.byteCount)
    for offset in [0, source.byteCount - stretch] {
      guard
        try read(source.file, stretch, at: offset) == read(copy, stretch, at: offset)
      else { return false }
    }
    return true
  }

  private func read(
    _ file: any DiskFile,
    _ count: Int,
    at offset: Int
  ) throws(LogError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = try onDisk { () throws(DiskError) in try file.read(count, at: offset, into: &bytes) }
    return Array(bytes.prefix(got))
  }

  /// Copies a file: it has its name only once all of it is durable.
  private mutating func copy(
    _ file: any DiskFile,
    to path: String,
    _ byteCount: Int,
    _ progress: (Int) -> Void
  ) throws(LogError) {
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 1 << 20) }
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let unfinished = path + LogFolder.unfinishedSuffix
    do throws(DiskError) {
      try disk.remove(unfinished)
      let copy = try disk.create(unfinished)
      var done = 0
      while done < byteCount {
        let wanted = min(buffer.count, byteCount - done)
        let count = try file.read(wanted, at: done, into: &buffer)
        guard count == wanted else {
          throw DiskError(
            operation: "read",
            path: path,
            code: 0,
            message: "the file became shorter while it was copied"
          )
        }
        try copy.write(buffer.span.extracting(0..<count), at: done)
        done += count
        progress(done)
      }
      try copy.sync()
      try disk.rename(unfinished, to: path)
      try disk.syncFolder(folder)
    } catch {
      throw .writing(error)
    }
    copied.fileCount += 1
    copied.byteCount += byteCount
  }

  /// Copies what recoveries kept aside; an accepted loss names it.
  private mutating func copyQuarantine() throws(LogError) {
    try copyKept(source.quarantine, target.quarantine, depth: 0)
  }

  /// Copies the files of a folder that the target does not have yet; none of them ever changes.
  private mutating func copyKept(
    _ source: String,
    _ target: String,
    depth: Int
  ) throws(LogError) {
    guard depth < 3,
      let names = try onDisk({ () throws(DiskError) in try disk.names(in: source) })
    else { return }
    do {
      try disk.createFolder(target)
      try disk.syncFolder("\(target)/..")
    } catch {
      throw .writing(error)
    }
    let there = Set(try onDisk { () throws(DiskError) in try disk.names(in: target) } ?? [])
    for name in names.sorted() where !name.hasSuffix(LogFolder.unfinishedSuffix) {
      let path = "\(source)/\(name)"
      if try onDisk({ () throws(DiskError) in try disk.names(in: path) }) != nil {
        try copyKept(path, "\(target)/\(name)", depth: depth + 1)
      } else if !there.contains(name) {
        let file = try onDisk { () throws(DiskError) in try disk.open(path, for: .reading) }
        let count = try onDisk { () throws(DiskError) in try file.byteCount() }
        try copy(file, to: "\(target)/\(name)", count) { _ in }
      }
    }
  }

  /// Opens the copy as any reader does, which checks its headers, its chain and its end.
  private func report(_ reader: LogReader) throws(LogError) -> BackupReport {
    let copy = try LogReader.open(in: target.path, disk: disk)
    guard copy.size == reader.size, copy.root == reader.root else {
      throw .damaged(
        Damage(
          file: target.segments,
          offset: 0,
          position: min(copy.size, reader.size),
          reason: "the copy has \(copy.size) events where \(reader.size) were copied"
        )
      )
    }
    return BackupReport(size: copy.size, root: copy.root, copied: copied, kept: kept)
  }
}

extension String {
  /// The name with `.frames` replaced.
  fileprivate func replacingSuffix(with suffix: String) -> String {
    String(prefix(20)) + suffix
  }
}
