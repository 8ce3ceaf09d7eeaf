import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProof
import LedgerTestSupport
import Testing

/// The identity of every log in these tests that does not need another.
let identity = LedgerIdentity([UInt8](0..<16).span)

/// The path of the log on a simulated disk.
let folder = "log"

/// A new log on the disk with batches of events, each committed by itself.
func makeLog(
  on disk: SimulatedDisk,
  _ batches: [[Event]],
  segmentByteCount: Int = LogWriter.segmentByteCount,
  segmentEventCount: Int = LogWriter.segmentEventCount
) throws -> LogWriter {
  let writer = try LogWriter.create(
    in: folder,
    identity: identity,
    disk: disk,
    segmentByteCount: segmentByteCount,
    segmentEventCount: segmentEventCount
  )
  for batch in batches {
    try writer.append(batch)
    try writer.commit()
  }
  return writer
}

/// Batches of random events.
func randomBatches(seed: UInt64, _ counts: [Int]) -> [[Event]] {
  var events = RandomEvents(seed: seed)
  return counts.map { events.next($0) }
}

/// All events that a reader shows.
func allEvents(_ reader: LogReader) throws -> [Event] {
  var events: [Event] = []
  try reader.forEachEvent(from: 0, to: reader.size) { event in
    events.append(event)
    return true
  }
  return events
}

/// The root over events, by the definition.
func root(of events: [Event]) -> Hash256 {
  merkleRoot(ofLeafHashes: events.map { MerkleHash.leaf(canonicalBytes(of: $0).span) }[...])
}

/// Whether `result` is that the log is damaged.
func isDamaged(_ body: () throws -> Void) -> Bool {
  do {
    try body()
    return false
  } catch let error as LogError {
    return error.kind == .damaged
  } catch {
    return false
  }
}

/// The paths of the segments on a disk, in order.
func segmentPaths(_ disk: SimulatedDisk) -> [String] {
  disk.files.keys.filter { $0.hasSuffix(".frames") }.sorted()
}

/// A disk with one file replaced; without the durable head when `forgetsHead`, as a crash of the
/// machine may leave it.
func replacing(
  _ path: String,
  by bytes: [UInt8]?,
  on disk: SimulatedDisk,
  forgetsHead: Bool = true
) -> SimulatedDisk {
  var files = disk.files
  files[path] = bytes
  if forgetsHead { files["log/lock"] = [UInt8](repeating: 0, count: 56) }
  return SimulatedDisk(files: files, folders: ["log", "log/segments"])
}

/// What a command id is found by in an index.
func commandHash(_ id: CommandID) -> Hash256 {
  MerkleHash.plain(Array(id.text.utf8).span)
}
