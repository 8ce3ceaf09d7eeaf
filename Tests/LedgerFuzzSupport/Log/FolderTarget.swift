import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProof
import LedgerTestSupport

extension FuzzTarget {
  /// A whole folder, of which any byte may be another: see ``FolderImage`` for the form.
  ///
  /// It is refused, or reader and writer find the same log in it; what `verify` finds sound is read
  /// alike by position, by namespace and as columns, and has the root of its events; and a log that
  /// was opened for writing takes an event, and is opened again as it was.
  static let folder = FuzzTarget(
    "folder",
    words: ["TLF1", "TLS1", "TLC1", "TLB1", "TLD1", "TLE1", "TLH1"],
    byteCountMax: 16 << 10,
    caseCount: 60,
    samples: {
      let all: FolderImage.Repairs = [.checksums, .places, .roots]
      return [
        (11, [3, 1, 9], false), (12, [20, 6, 1, 1, 30, 2], false), (13, [40, 30, 5], true),
      ]
      .map { seed, counts, seals in
        FolderImage(of: recordedLog(counts, seed: seed, seals: seals), repairs: all).input
      }
    },
    check: checkFolder
  )

  /// A log of random events, closed, in segments of 2,000 bytes and a bit, the full ones sealed if
  /// it `seals`.
  static func recordedLog(_ counts: [Int], seed: UInt64, seals: Bool) -> SimulatedDisk {
    let disk = SimulatedDisk()
    do throws(LogError) {
      let writer = try LogWriter.create(
        in: "log",
        identity: identity,
        disk: disk,
        segmentByteCount: 2_000
      )
      for batch in FrameSamples.batches(counts, seed: seed) {
        try writer.append(batch, mark: batch.count == 9 ? [1, 2, 3] : nil)
        try writer.commit()
      }
      if seals { try writer.sealer.finishSealing(threadCount: 1) }
      try writer.close()
    } catch {
      preconditionFailure("a log cannot be made in memory: \(error)")
    }
    return disk.afterKill()
  }
}

private func checkFolder(_ input: [UInt8]) throws(FuzzFinding) -> FuzzVerdict {
  let disk = FolderImage(input).disk
  let reader = try? LogReader.open(in: "log", disk: disk)
  let sound = try reader.flatMap(checkReading)
  let copy = disk.afterKill()
  guard let (writer, _) = try? LogWriter.open(in: "log", disk: copy) else {
    return sound == nil ? .refused : .accepted
  }
  guard let reader else { throw FuzzFinding("what cannot be read can be written to") }
  try expect(
    writer.size == reader.size && writer.root == reader.root,
    "the writer finds \(writer.size) events and the reader \(reader.size)"
  )
  if let sound {
    try expect(
      sound.size == writer.size && sound.root == writer.root,
      "the log has other events than verify finds"
    )
  }
  try checkAppending(writer, copy)
  return .accepted
}

/// Reads everything in every way.
///
/// - Returns: What verify says; `nil` when it finds damage.
private func checkReading(_ reader: LogReader) throws(FuzzFinding) -> LogVerification? {
  var events: [Event] = []
  let isRead = noThrow { () throws(LogError) in
    try reader.forEachEvent(from: 0, to: reader.size) { event in
      events.append(event)
      return true
    }
  }
  var foldCount = 0
  var foldedIDs: [Int64] = []
  let isFolded = noThrow { () throws(LogError) in
    try reader.foldColumns(from: 0, to: reader.size) { columns in
      foldCount += columns.count
      foldedIDs += columns.namespaceIDs
    }
  }
  var commands: [Int: CommandID] = [:]
  let isListed = noThrow { () throws(LogError) in
    try reader.forEachCommandID(from: 0, to: reader.size) { commands[$0] = $1 }
  }
  for position in [0, reader.size / 2, reader.size - 1]
  where position >= 0 && position < reader.size {
    _ = try? reader.event(at: position)
  }
  _ = try? reader.size(asOf: Instant(midnightOf: .last))
  _ = try? reader.rulesActivations(below: reader.size)
  guard let verified = try? reader.verify() else { return nil }
  try expect(isRead && isFolded && isListed, "verify finds sound what cannot be read")
  try expect(events.map(\.position) == Array(0..<reader.size), "positions are missing")
  try expect(
    foldCount == events.count && foldedIDs == events.map(\.namespaceID.rawValue),
    "the columns hold other events"
  )
  let root = merkleRoot(
    ofLeafHashes: events.map { MerkleHash.leaf(canonicalBytes(of: $0).span) }[...]
  )
  try expect(
    verified.size == events.count && verified.root == root && reader.root == root,
    "the root is not that of the events"
  )
  for (position, id) in commands {
    try expect(events[position].metadata.commandID == id, "a command id stands elsewhere")
  }
  for id in Set(events.map(\.namespaceID)) {
    let found = try? reader.events(of: id, below: reader.size)
    try expect(found == events.filter { $0.namespaceID == id }, "the history of \(id) differs")
  }
  return verified
}

/// Appends an event, and opens the log twice more.
private func checkAppending(
  _ writer: LogWriter,
  _ disk: SimulatedDisk
) throws(FuzzFinding) {
  let event = Event(
    position: writer.size,
    namespaceID: NamespaceID(unchecked: 5),
    version: 1,
    recordedAt: writer.lastRecordedAt ?? Instant(midnightOf: .first),
    metadata: Metadata(),
    fact: .namespaceMoved(parent: nil)
  )
  do throws(LogError) {
    try writer.append([event], mark: nil)
    try writer.commit()
    try writer.close()
    let files = disk.files
    let (again, report) = try LogWriter.open(in: "log", disk: disk)
    try again.close()
    let isSame =
      disk.files.filter { !$0.key.hasSuffix("/lock") }
      == files.filter {
        !$0.key.hasSuffix("/lock")
      }
    guard report == nil, again.size == event.position + 1, isSame else {
      throw .stopped(after: "opening again changes the log")
    }
  } catch {
    throw FuzzFinding("a log that was opened takes no event: \(error)")
  }
}

private func noThrow(_ body: () throws(LogError) -> Void) -> Bool {
  do throws(LogError) {
    try body()
    return true
  } catch {
    return false
  }
}
