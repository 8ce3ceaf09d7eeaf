package import LedgerCore

/// The events of a commit frame while it is filled.
package struct FrameBody {
  private var columns = FactColumns()
  private var codeIndexes: [String: UInt16] = [:]
  private var details: [UInt8] = []
  private var scratch: [UInt8] = []
  private var last: Event?
  private var encoded: Encoded?

  /// The sections as they are stored.
  private struct Encoded {
    var bytes: [UInt8]
    var facts: FrameHeader.Section
    var details: FrameHeader.Section
    var eventCount: Int
    var recordedAt: Int64?
  }

  /// Whether one of the events is a rule activation.
  package private(set) var hasRulesActivated = false

  /// A body without events.
  package init() {}

  /// The number of events.
  package var eventCount: Int { encoded?.eventCount ?? columns.count }
  /// The size of the details so far, in bytes.
  package var detailsByteCount: Int { details.count }
  /// When the last event was recorded, in milliseconds.
  package var recordedAt: Int64? { encoded?.recordedAt ?? last?.recordedAt.milliseconds }

  /// Makes the stored form, and forgets the events: a body of many events takes little memory then,
  /// and costs little to write.
  ///
  /// - Precondition: Nothing is appended to it any more.
  package mutating func encode() {
    guard encoded == nil else { return }
    var bytes: [UInt8] = []
    let sections = write(to: &bytes)
    let encoded = Encoded(
      bytes: bytes,
      facts: sections.facts,
      details: sections.details,
      eventCount: eventCount,
      recordedAt: recordedAt
    )
    let hasRulesActivated = hasRulesActivated
    self = FrameBody()
    self.encoded = encoded
    self.hasRulesActivated = hasRulesActivated
  }

  /// The stored bytes of an encoded body, which it does without from here on.
  ///
  /// - Precondition: The body is encoded.
  package mutating func takeBytes() -> [UInt8] {
    guard let bytes = encoded?.bytes else { preconditionFailure("the body is not encoded") }
    encoded?.bytes = []
    return bytes
  }

  /// Gives back what ``takeBytes()`` took.
  package mutating func giveBack(_ bytes: [UInt8]) {
    precondition(encoded != nil, "the body is not encoded")
    encoded?.bytes = bytes
  }

  /// Appends an event.
  ///
  /// - Precondition: It follows the one before in position and does not precede it in time, and the
  ///   frame's limits leave room; the caller sees to both.
  package mutating func append(_ event: Event) {
    precondition(encoded == nil, "an encoded body takes no more events")
    precondition(
      columns.count == 0 || event.position == columns.firstPosition + columns.count,
      "the events of a frame follow each other"
    )
    precondition((last?.recordedAt ?? event.recordedAt) <= event.recordedAt, "time went back")
    if columns.count == 0 { columns.firstPosition = event.position }
    columns.append(event, &codeIndexes)
    DetailSection.encode(event, after: last, to: &details, scratch: &scratch)
    if case .rulesActivated = event.fact { hasRulesActivated = true }
    last = event
  }

  /// Appends the two sections to `output`, compressed where that makes them smaller.
  ///
  /// - Returns: How they are stored.
  package func write(
    to output: inout [UInt8]
  ) -> (facts: FrameHeader.Section, details: FrameHeader.Section) {
    if let encoded {
      output += encoded.bytes
      return (encoded.facts, encoded.details)
    }
    var facts: [UInt8] = []
    FactSection.encode(columns, to: &facts)
    return (Self.store(facts, to: &output), Self.store(details, to: &output))
  }

  // Under this many bytes LZ4 saves next to nothing and clears its 16 KiB table all the same.
  private static let compressedByteCountMin = 192

  private static func store(_ bytes: [UInt8], to output: inout [UInt8]) -> FrameHeader.Section {
    let start = output.count
    var section = FrameHeader.Section()
    section.decodedByteCount = bytes.count
    if bytes.count >= compressedByteCountMin, LZ4Block.compress(bytes.span, to: &output) {
      section.isCompressed = true
    } else {
      output += bytes
    }
    section.storedByteCount = output.count - start
    section.checksum = CRC32C.checksum(output.span.extracting(start..<output.count))
    return section
  }
}

extension FrameHeader.Section {
  /// Makes `output` the section's decoded bytes; `stored` are its bytes in the file.
  ///
  /// - Throws: ``FrameError`` when the checksum does not hold or the block is broken.
  package func decode(
    _ stored: Span<UInt8>,
    _ part: String,
    into output: inout [UInt8]
  ) throws(FrameError) {
    try check(stored, part)
    if isCompressed {
      guard LZ4Block.decompress(stored, byteCount: decodedByteCount, into: &output) else {
        throw .brokenBlock(part: part)
      }
    } else {
      output.removeAll(keepingCapacity: true)
      output.append(span: stored)
    }
  }

  /// Compares the checksum of the section's bytes in the file.
  package func check(_ stored: Span<UInt8>, _ part: String) throws(FrameError) {
    let computed = CRC32C.checksum(stored)
    #if !MUTANT_BODY_CHECKSUM
    guard computed == checksum else {
      throw .checksumMismatch(part: part, stored: checksum, computed: computed)
    }
    #endif
  }
}
