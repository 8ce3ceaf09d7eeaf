/// Makes the rows of a detail chunk from rows of frames, by copying their fields.
struct DetailChunkEncoder {
  /// The rows so far.
  private(set) var rows: [UInt8] = []
  /// The number of rows.
  private(set) var count = 0
  private var recordedAt: Int64 = 0
  private var flags = DetailSection.Flags()
  /// Where the last metadata that was written stands in ``rows``.
  private var metadata = 0..<0

  init() {}

  /// Forgets the rows and keeps the memory.
  mutating func removeAll() {
    rows.removeAll(keepingCapacity: true)
    (count, recordedAt, flags, metadata) = (0, 0, [], 0..<0)
  }

  /// Appends a row that stands in `bytes`; equal metadata is said once.
  ///
  /// - Precondition: It was not recorded before the row before.
  mutating func append(_ row: DetailRow, of bytes: Span<UInt8>) {
    precondition(row.recordedAt >= recordedAt, "time went back")
    let source = bytes.extracting(row.metadata)
    let repeats =
      count > 0 && row.metadataFlags == flags
      && hasSameBytes(source, rows.span.extracting(metadata))
    let version = UInt64(row.version)
    let delta = UInt64(row.recordedAt - recordedAt)
    let byteCount =
      1 + variableByteCount(version) + variableByteCount(delta)
      + (repeats ? 0 : source.count) + row.ownFields.count
    rows.appendVariableInteger(UInt64(byteCount))
    rows.append((repeats ? .sameMetadata : row.metadataFlags).rawValue)
    rows.appendVariableInteger(version)
    rows.appendVariableInteger(delta)
    if !repeats {
      metadata = rows.count..<(rows.count + source.count)
      rows.append(span: source)
      flags = row.metadataFlags
    }
    rows.append(span: bytes.extracting(row.ownFields))
    recordedAt = row.recordedAt
    count += 1
  }
}

/// The bytes that `value` takes as unsigned LEB128.
private func variableByteCount(_ value: UInt64) -> Int {
  max(1, (64 - value.leadingZeroBitCount + 6) / 7)
}
