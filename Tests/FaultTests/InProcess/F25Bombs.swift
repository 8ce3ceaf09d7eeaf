import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// Frames with checksums that hold, made by somebody who means harm: sizes that are not true, blocks
/// that decode to gigabytes, counts that do not fit.
@Suite("F25: LZ4 bombs, wrong sizes and wrong counts under checksums that hold")
struct F25Bombs {
  /// What is done to the last frame: its header, its facts, its details.
  typealias Forgery = @Sendable (inout FrameHeader, inout [UInt8], inout [UInt8]) -> Void

  @Test(.tags(.crash)) func `a forged frame is refused, and bounded before it is believed`() throws
  {
    var tally = FaultTally("F25")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 29, [5, 60]))
    let (writer, disk) = try makeLog(submitted.batches)
    defer { _ = writer }
    let files = LogFiles(disk).forgettingHead
    for (name, forge) in Self.forgeries {
      let forged = try Self.forging(files, forge)
      for isFollowed in [false, true] {
        // A seal behind it says that it was durable, so that it cannot be a torn write.
        let log = isFollowed ? try Self.sealing(forged) : forged
        let result = Contract(submitted).check(
          log.disk,
          acknowledged: submitted.sizes[1],
          present: submitted.events.count,
          refusal: isFollowed ? .required : .allowed
        )
        tally.add(result, "\(name), followed \(isFollowed)")
        if result.outcome == .whole { tally.complain("\(name): believed") }
      }
    }
  }

  private static let forgeries: [(String, Forgery)] = [
    (
      "a bomb of 64 MiB",
      { header, _, details in
        details = bomb
        header.details.decodedByteCount = 64 << 20
        header.details.isCompressed = true
      }
    ),
    (
      "more than the limit",
      { header, _, details in
        details = bomb
        header.details.decodedByteCount = (64 << 20) + 1
        header.details.isCompressed = true
      }
    ),
    (
      "facts of 4 GiB",
      { header, facts, _ in
        facts = bomb
        header.facts.decodedByteCount = Int(UInt32.max)
        header.facts.isCompressed = true
      }
    ),
    ("one byte more", { header, _, _ in header.details.decodedByteCount += 1 }),
    ("one byte less", { header, _, _ in header.details.decodedByteCount -= 1 }),
    ("facts of one byte more", { header, _, _ in header.facts.decodedByteCount += 1 }),
    ("facts of one byte less", { header, _, _ in header.facts.decodedByteCount -= 1 }),
    ("not compressed", { header, _, _ in header.details.isCompressed.toggle() }),
    ("facts not compressed", { header, _, _ in header.facts.isCompressed.toggle() }),
    ("no details", { _, _, details in details = [] }),
    ("no facts", { _, facts, _ in facts = [] }),
    ("half a block", { _, _, details in details.removeLast(details.count / 2) }),
    ("a match before the output", { _, _, details in details = [0x10, 1, 9, 0] }),
    ("a match at offset 0", { _, _, details in details = [0x10, 1, 0, 0] }),
    ("literals without an end", { _, _, details in details = [UInt8](repeating: 255, count: 99) }),
    ("one event more", { header, _, _ in header.eventCount += 1 }),
    ("one event less", { header, _, _ in header.eventCount -= 1 }),
    ("the most events", { header, _, _ in header.eventCount = FrameHeader.eventCountMax }),
    ("too many events", { header, _, _ in header.eventCount = FrameHeader.eventCountMax + 1 }),
    ("events without end", { header, _, _ in header.eventCount = Int(UInt32.max) }),
    ("another position", { header, _, _ in header.firstPosition += 1 }),
    ("a position without end", { header, _, _ in header.firstPosition = 1 << 61 }),
    ("another place", { header, _, _ in header.previousEnd += 1 }),
    ("synced behind itself", { header, _, _ in header.syncedEnd = header.previousEnd + 1 }),
    ("an earlier time", { header, _, _ in header.recordedAt = 1 }),
    ("a later time", { header, _, _ in header.recordedAt += 1 }),
    ("a time before 1970", { header, _, _ in header.recordedAt = -1 }),
    ("the last of times", { header, _, _ in header.recordedAt = .max }),
    (
      "another root",
      { header, _, _ in header.root = Hash256([UInt8](repeating: 7, count: 32).span) }
    ),
    ("a seal", { header, _, _ in header.kind = .seal }),
  ]

  /// An LZ4 block of one literal and a match that goes on for 64 MiB.
  private static let bomb: [UInt8] =
    [0x1f, 0, 1, 0] + [UInt8](repeating: 255, count: (64 << 20) / 255)
    + [64, 0x50, 0, 0, 0, 0, 0]

  /// The log with its last frame forged; what is not touched stays true, checksums included.
  private static func forging(_ files: LogFiles, _ forge: Forgery) throws -> LogFiles {
    let path = files.lastSegment
    let place = try #require(files.frames(of: path).last)
    let bytes = files.files[path] ?? []
    var header = try FrameHeader(
      reading: bytes.span,
      at: place.lowerBound,
      of: ClientRun.identity
    )
    let start = place.lowerBound + header.byteCount
    let middle = start + header.facts.storedByteCount
    var (facts, details) = (Array(bytes[start..<middle]), Array(bytes[middle..<place.upperBound]))
    forge(&header, &facts, &details)
    header.facts.storedByteCount = facts.count
    header.facts.checksum = CRC32C.checksum(facts.span)
    header.details.storedByteCount = details.count
    header.details.checksum = CRC32C.checksum(details.span)
    var frame: [UInt8] = []
    header.write(to: &frame, of: ClientRun.identity)
    return files.changing(path) { $0 = Array(bytes[..<place.lowerBound]) + frame + facts + details }
  }

  /// The log with a seal behind it that was written when all before it was durable.
  private static func sealing(_ files: LogFiles) throws -> LogFiles {
    let path = files.lastSegment
    let end = files.files[path]?.count ?? 0
    let first = try #require(files.frames(of: path).first)
    let bytes = files.files[path] ?? []
    var seal = try FrameHeader(reading: bytes.span, at: first.lowerBound, of: ClientRun.identity)
    seal.kind = .seal
    (seal.firstPosition, seal.eventCount) = (64, 0)
    (seal.previousEnd, seal.syncedEnd) = (end, end)
    (seal.hasRulesActivated, seal.mark) = (false, [])
    (seal.facts, seal.details) = (FrameHeader.Section(), FrameHeader.Section())
    let peak = [UInt8](repeating: 1, count: Hash256.byteCount)
    seal.details.storedByteCount = peak.count
    seal.details.decodedByteCount = peak.count
    seal.details.checksum = CRC32C.checksum(peak.span)
    return files.changing(path) { bytes in
      seal.write(to: &bytes, of: ClientRun.identity)
      bytes += peak
    }
  }
}
