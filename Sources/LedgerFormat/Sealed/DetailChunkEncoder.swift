/// Makes the streams of a detail chunk from rows of frames, by copying their fields.
struct DetailChunkEncoder {
  /// The number of rows.
  private(set) var count = 0
  private var recordedAt: Int64 = 0
  private var metadataFlags = DetailSection.Flags()
  /// The metadata of the row before, as it stood in the frame.
  private var metadata: [UInt8] = []
  private var flags: [UInt8] = []
  private var versions: [UInt8] = []
  private var times: [UInt8] = []
  private var roles: [UInt8] = []
  private var users: [UInt8] = []
  private var uuids: [UInt8] = []
  private var texts: [UInt8] = []
  private var own: [UInt8] = []

  init() {}

  /// Appends a row that stands in `bytes`; equal metadata is said once.
  ///
  /// - Throws: ``FrameError`` when it is not a row of those bytes.
  /// - Precondition: It was not recorded before the row before.
  mutating func append(_ row: DetailRow, of bytes: Span<UInt8>) throws(FrameError) {
    precondition(row.recordedAt >= recordedAt, "time went back")
    let source = bytes.extracting(row.metadata)
    let repeats =
      count > 0
      && (row.repeatsMetadata
        || row.metadataFlags == metadataFlags && hasSameBytes(source, metadata.span))
    let hasOwnFields = row.ownFields.isEmpty ? 0 : DetailStreams.hasOwnFields
    let stored = repeats ? .sameMetadata : row.metadataFlags
    flags.append(stored.rawValue | hasOwnFields)
    versions.appendVariableInteger(UInt64(row.version))
    times.appendVariableInteger(UInt64(row.recordedAt - recordedAt))
    if !repeats {
      try append(row.metadataFlags, source)
      metadata.removeAll(keepingCapacity: true)
      metadata.append(span: source)
      metadataFlags = row.metadataFlags
    }
    if !row.ownFields.isEmpty {
      own.appendVariableInteger(UInt64(row.ownFields.count))
      own.append(span: bytes.extracting(row.ownFields))
    }
    recordedAt = row.recordedAt
    count += 1
  }

  private mutating func append(
    _ flags: DetailSection.Flags,
    _ source: Span<UInt8>
  ) throws(FrameError) {
    var reader = ByteReader()
    if flags.contains(.hasActor) { roles.append(try reader.integer(UInt8.self, of: source)) }
    let user = reader.offset
    if flags.contains(.hasUserID) { try reader.skipVariableInteger(of: source) }
    users.append(span: source.extracting(user..<reader.offset))
    let uuid = try reader.skip(flags.contains(.commandIsUUID) ? 16 : 0, of: source)
    uuids.append(span: source.extracting(uuid..<reader.offset))
    texts.append(span: source.extracting(reader.offset..<source.count))
  }

  /// Stores the rows behind `output`, and forgets them.
  mutating func write(to output: inout [UInt8]) -> SealedDetailChunk {
    var bytes: [UInt8] = []
    let sized = [versions, times, roles, users, uuids, texts, own]
    bytes.reserveCapacity(
      DetailStreams.headerByteCount + flags.count + sized.reduce(0) { $0 + $1.count }
    )
    for stream in sized { bytes.appendLittleEndian(UInt32(stream.count)) }
    bytes += flags
    for stream in sized { bytes += stream }
    defer { self = DetailChunkEncoder() }
    return SealedDetailChunk(storing: bytes.span, rowCount: count, to: &output)
  }
}
