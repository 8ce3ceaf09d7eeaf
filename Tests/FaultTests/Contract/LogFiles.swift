import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport

/// A log's files as bytes, to be changed one by one.
struct LogFiles {
  /// Every file, by its path.
  var files: [String: [UInt8]]

  init(_ disk: SimulatedDisk) {
    files = disk.files
  }

  /// The paths of the segments, sealed or not, in order.
  var segments: [String] { files.keys.filter { $0.hasPrefix("log/segments/") }.sorted() }

  /// The newest segment.
  var lastSegment: String { segments.last ?? "" }

  /// A disk with these files.
  var disk: SimulatedDisk { SimulatedDisk(files: files, folders: ["log", "log/segments"]) }

  /// The same with one file changed.
  func changing(_ path: String, _ body: (inout [UInt8]) -> Void) -> LogFiles {
    var copy = self
    body(&copy.files[path, default: []])
    return copy
  }

  /// The same without a file.
  func removing(_ path: String) -> LogFiles {
    var copy = self
    copy.files[path] = nil
    return copy
  }

  /// The same without the durable head, as a power cut may leave it.
  var forgettingHead: LogFiles {
    changing("log/lock") { $0 = [UInt8](repeating: 0, count: $0.count) }
  }

  /// Where the frames of a file of frames are, in order.
  func frames(of path: String) -> [Range<Int>] {
    let bytes = files[path] ?? []
    guard let header = try? SegmentHeader(reading: bytes.span) else { return [] }
    var frames: [Range<Int>] = []
    var offset = header.byteCount
    while let frame = try? FrameHeader(reading: bytes.span, at: offset, of: ClientRun.identity) {
      frames.append(offset..<(offset + frame.frameByteCount))
      offset += frame.frameByteCount
    }
    return frames
  }
}

/// A log with one commit for each batch, still open and not sealed.
func makeLog(
  _ batches: [[Event]],
  identity: LedgerIdentity = ClientRun.identity,
  segmentByteCount: Int = LogWriter.segmentByteCount
) throws -> (writer: LogWriter, disk: SimulatedDisk) {
  let disk = SimulatedDisk()
  let writer = try LogWriter.create(
    in: Contract.folder,
    identity: identity,
    disk: disk,
    segmentByteCount: segmentByteCount
  )
  for batch in batches {
    try writer.append(batch)
    try writer.commit()
  }
  return (writer, disk)
}

/// Batches of so many random events each.
func randomBatches(seed: UInt64, _ counts: [Int]) -> [[Event]] {
  var events = RandomEvents(seed: seed)
  return counts.map { events.next($0) }
}
