/// The form that the rows of a detail chunk have in a sealed segment: the same fields, each kind of
/// field by itself, which LZ4 makes a tenth smaller than rows.
///
/// Seven little-endian 4-byte sizes of the streams but the first, then the streams:
///
/// | stream  | what it holds of each row                                                        |
/// | ------- | -------------------------------------------------------------------------------- |
/// | flags   | its flags, 1 byte; with 128 when it has own fields                               |
/// | version | `v`                                                                              |
/// | time    | recorded_at, `v`: since the row before; of the first, since 1970                 |
/// | role    | the actor's role, if it has one                                                  |
/// | user    | the actor's user id, `v`, if it has one                                          |
/// | UUID    | the command id, if it is 16 bytes                                                |
/// | text    | the command id if it is a text, the reason, the source: as they stand in a row   |
/// | own     | `v` with their size and then the fields that only its kind has, if it has any    |
package enum DetailStreams {
  /// The flag of a row with own fields.
  static let hasOwnFields: UInt8 = 128
  /// The streams behind the flags.
  static let sizedCount = 7
  static let headerByteCount = 4 * sizedCount

  /// Appends rows, as they stand in the details of a frame, of the streams in `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: The decoded chunk; not trusted.
  ///   - rowCount: The number of rows.
  ///   - limit: How many of them are wanted; the streams' ends are checked only with the last one.
  ///   - output: What is appended to.
  /// - Throws: ``FrameError`` when the streams do not hold exactly so many rows.
  /// - Complexity: O(bytes), some 30 ns a row.
  package static func assemble(
    _ bytes: Span<UInt8>,
    rowCount: Int,
    limit: Int? = nil,
    to output: inout [UInt8]
  ) throws(FrameError) {
    let wantedCount = min(limit ?? rowCount, rowCount)
    var streams = try Cursors(bytes, rowCount: rowCount)
    // A row has no field that is not in a stream but its size, in as many bytes as it needs.
    let byteCountMax = bytes.count + 5 * rowCount + 64
    var problem: FrameError?
    output.append(addingCapacity: byteCountMax) { rows in
      for _ in 0..<wantedCount where problem == nil {
        do throws(FrameError) {
          try streams.moveRow(of: bytes, to: &rows)
        } catch {
          problem = error
        }
      }
    }
    if let problem { throw problem }
    if wantedCount == rowCount { try streams.checkEnds() }
  }

  /// A place in each stream.
  private struct Cursors {
    var flags: ByteReader
    var version: ByteReader
    var time: ByteReader
    var role: ByteReader
    var user: ByteReader
    var uuid: ByteReader
    var text: ByteReader
    var own: ByteReader
    /// Where each stream ends.
    var ends: InlineArray<8, Int>

    init(_ bytes: Span<UInt8>, rowCount: Int) throws(FrameError) {
      guard bytes.count >= headerByteCount + rowCount else {
        throw .truncated(needed: headerByteCount + rowCount, available: bytes.count)
      }
      var end = headerByteCount + rowCount
      ends = InlineArray(repeating: end)
      for index in 0..<sizedCount {
        end += Int(bytes.littleEndian(UInt32.self, at: 4 * index))
        ends[index + 1] = end
      }
      guard end == bytes.count else {
        throw .outOfRange("the streams of a detail chunk have \(end) bytes of \(bytes.count)")
      }
      flags = ByteReader(at: headerByteCount)
      version = ByteReader(at: ends[0])
      time = ByteReader(at: ends[1])
      role = ByteReader(at: ends[2])
      user = ByteReader(at: ends[3])
      uuid = ByteReader(at: ends[4])
      text = ByteReader(at: ends[5])
      own = ByteReader(at: ends[6])
    }

    /// Checks that every stream was read to its end, and so no further.
    func checkEnds() throws(FrameError) {
      guard version.offset == ends[1], time.offset == ends[2], role.offset == ends[3],
        user.offset == ends[4], uuid.offset == ends[5], text.offset == ends[6],
        own.offset == ends[7]
      else { throw .outOfRange("the streams of a detail chunk do not end with its rows") }
    }

    /// Appends the next row; streams that run into the next one are found at the end.
    mutating func moveRow(
      of bytes: Span<UInt8>,
      to rows: inout OutputSpan<UInt8>
    ) throws(FrameError) {
      let stored = try flags.integer(UInt8.self, of: bytes)
      let flags = DetailSection.Flags(rawValue: stored & ~hasOwnFields)
      guard flags.isValid else { throw .outOfRange("a row has the flags \(stored)") }
      let start = (version.offset, time.offset, user.offset, text.offset)
      try version.skipVariableInteger(of: bytes)
      try time.skipVariableInteger(of: bytes)
      let roles = try role.skip(flags.contains(.hasActor) ? 1 : 0, of: bytes)
      if flags.contains(.hasUserID) { try user.skipVariableInteger(of: bytes) }
      let uuids = try uuid.skip(flags.contains(.commandIsUUID) ? 16 : 0, of: bytes)
      try text.skipTexts(flags, of: bytes)
      var owns = own.offset..<own.offset
      if stored & hasOwnFields != 0 {
        owns = try own.text(of: bytes)
        guard !owns.isEmpty else { throw .outOfRange("a row's own fields are empty") }
      }
      let first =
        [
          start.0..<version.offset, start.1..<time.offset, roles..<role.offset,
          start.2..<user.offset, uuids..<uuid.offset, start.3..<text.offset, owns,
        ] as InlineArray<7, Range<Int>>
      var byteCount = 1
      for index in first.indices { byteCount += first[index].count }
      // Streams that overlap could hold more than all the bytes there are.
      guard rows.freeCapacity >= byteCount + 16 else {
        throw .outOfRange("the streams of a detail chunk overlap")
      }
      rows.append(variable: UInt64(byteCount))
      rows.append(flags.rawValue)
      for index in first.indices { rows.append(copying: bytes.extracting(first[index])) }
    }
  }
}

extension ByteReader {
  /// Moves over the command id if it is a text, the reason and the source.
  mutating func skipTexts(
    _ flags: DetailSection.Flags,
    of bytes: Span<UInt8>
  ) throws(FrameError) {
    if flags.contains(.hasCommandID), !flags.contains(.commandIsUUID) { _ = try text(of: bytes) }
    if flags.contains(.hasReason) { _ = try text(of: bytes) }
    guard flags.contains(.hasSource) else { return }
    let entryCount = try integer(UInt8.self, of: bytes)
    guard entryCount > 0 else { throw .outOfRange("a source has no entries") }
    for _ in 0..<entryCount {
      _ = try text(of: bytes)
      _ = try text(of: bytes)
    }
  }
}
