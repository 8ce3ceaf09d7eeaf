package import LedgerCore

extension DetailSection {
  /// Reads a commit frame's rows one after the other and puts them together with the facts.
  package struct Reader {
    private var reader = ByteReader()
    private var recordedAt: Int64 = 0
    private var metadata = Metadata()
    /// Where the metadata stands that ``metadata`` should hold, when it was passed over.
    private var unread: (start: ByteReader, flags: Flags)?
    private var isFirst = true
    /// The number of rows read so far.
    package private(set) var index = 0

    /// A reader before the first row.
    package init() {}

    /// Reads the next row and makes it an event with its facts, those of the whole frame.
    ///
    /// - Returns: The event.
    /// - Throws: ``FrameError``; the bytes are not trusted, so nothing in them traps.
    package mutating func next(
      of bytes: Span<UInt8>,
      with columns: FactColumns
    ) throws(FrameError) -> Event {
      let row = try beginRow(of: bytes)
      if !row.flags.contains(.sameMetadata) {
        unread = nil
        metadata = try Self.readMetadata(&reader, bytes, row.flags)
      } else if var unread {
        self.unread = nil
        metadata = try Self.readMetadata(&unread.start, bytes, unread.flags)
      }
      let fact = try readFact(bytes, with: columns)
      guard reader.offset == row.end else {
        throw .outOfRange("the row of position \(columns.firstPosition + index) has a wrong size")
      }
      guard let instant = Instant(milliseconds: recordedAt),
        columns.namespaceIDs[index] >= 0
      else { throw .outOfRange("recorded_at is \(recordedAt)") }
      defer { index += 1 }
      return Event(
        position: columns.firstPosition + index,
        namespaceID: NamespaceID(unchecked: columns.namespaceIDs[index]),
        version: row.version,
        recordedAt: instant,
        metadata: metadata,
        fact: fact
      )
    }

    /// Passes over the next row, and tells when the event was recorded, in milliseconds.
    @discardableResult
    package mutating func skip(of bytes: Span<UInt8>) throws(FrameError) -> Int64 {
      let row = try beginRow(of: bytes)
      if !row.flags.contains(.sameMetadata) { unread = (reader, row.flags) }
      reader = ByteReader(at: row.end)
      index += 1
      return recordedAt
    }

    /// Passes over the next row and lends its command id, unless it has none or the row before
    /// was of the same command.
    package mutating func nextCommandID(of bytes: Span<UInt8>) throws(FrameError) -> CommandID? {
      let row = try beginRow(of: bytes)
      var commandID: CommandID?
      if row.flags.contains(.hasCommandID), !row.flags.contains(.sameMetadata) {
        if row.flags.contains(.hasActor) {
          _ = try reader.skip(1, of: bytes)
          if row.flags.contains(.hasUserID) { _ = try reader.variableInteger(of: bytes) }
        }
        commandID = try Self.readCommandID(&reader, bytes, row.flags)
      }
      reader = ByteReader(at: row.end)
      index += 1
      return commandID
    }

    /// Whether all bytes have been read.
    package func isAtEnd(of bytes: Span<UInt8>) -> Bool { reader.offset == bytes.count }

    private mutating func beginRow(
      of bytes: Span<UInt8>
    ) throws(FrameError) -> (flags: Flags, version: Int, end: Int) {
      let byteCount = try reader.count(upTo: bytes.count - reader.offset, of: bytes)
      let (end, _) = reader.offset.addingReportingOverflow(byteCount)
      guard end <= bytes.count else {
        throw .truncated(needed: byteCount, available: bytes.count - reader.offset)
      }
      let flags = Flags(rawValue: try reader.integer(UInt8.self, of: bytes))
      guard flags.rawValue & 128 == 0, !flags.contains(.sameMetadata) || flags == .sameMetadata,
        !(isFirst && flags.contains(.sameMetadata)),
        !flags.contains(.hasUserID) || flags.contains(.hasActor),
        !flags.contains(.commandIsUUID) || flags.contains(.hasCommandID)
      else { throw .outOfRange("a row has the flags \(flags.rawValue)") }
      isFirst = false
      let version = try reader.variableInteger(of: bytes)
      let delta = try reader.variableInteger(of: bytes)
      guard version >= 1, version < 1 << 62, delta <= UInt64(Instant.maxMilliseconds) else {
        throw .outOfRange("a row has version \(version) and is \(delta) ms after the one before")
      }
      recordedAt += Int64(delta)
      guard recordedAt <= Instant.maxMilliseconds else {
        throw .outOfRange("recorded_at is \(recordedAt)")
      }
      return (flags, Int(version), end)
    }

    private static func readMetadata(
      _ reader: inout ByteReader,
      _ bytes: Span<UInt8>,
      _ flags: Flags
    ) throws(FrameError) -> Metadata {
      var metadata = Metadata()
      if flags.contains(.hasActor) {
        let role = Int(try reader.integer(UInt8.self, of: bytes))
        let userID = flags.contains(.hasUserID) ? try reader.variableInteger(of: bytes) : nil
        guard (1...roles.count).contains(role), (userID ?? 0) <= UInt64(Int64.max),
          let actor = Actor(userID: userID.map { Int64($0) }, role: roles[role - 1])
        else { throw .outOfRange("an actor has role \(role)") }
        metadata.actor = actor
      }
      if flags.contains(.hasCommandID) {
        metadata.commandID = try readCommandID(&reader, bytes, flags)
      }
      if flags.contains(.hasReason) { metadata.reason = try readText(&reader, bytes) }
      guard flags.contains(.hasSource) else { return metadata }
      let entryCount = try reader.integer(UInt8.self, of: bytes)
      guard entryCount > 0 else { throw .outOfRange("a source has no entries") }
      var before: String?
      for _ in 0..<entryCount {
        let key = try readText(&reader, bytes)
        if let before, !isBefore(before, key) { throw .outOfRange("source keys do not ascend") }
        before = key
        metadata.source[key] = try readText(&reader, bytes)
      }
      return metadata
    }

    private static func readCommandID(
      _ reader: inout ByteReader,
      _ bytes: Span<UInt8>,
      _ flags: Flags
    ) throws(FrameError) -> CommandID {
      let text: String
      if flags.contains(.commandIsUUID) {
        let start = try reader.skip(16, of: bytes)
        text = unpackedUUID(bytes.extracting(start..<(start + 16)))
      } else {
        text = try readText(&reader, bytes)
      }
      guard let commandID = CommandID(text) else { throw .outOfRange("a command id is '\(text)'") }
      return commandID
    }

    private static func readText(
      _ reader: inout ByteReader,
      _ bytes: Span<UInt8>
    ) throws(FrameError) -> String {
      try reader.text(try reader.count(upTo: bytes.count, of: bytes), of: bytes)
    }

    private mutating func readFact(
      _ bytes: Span<UInt8>,
      with columns: FactColumns
    ) throws(FrameError) -> Fact {
      guard index < columns.count, let kind = FactColumns.Kind(rawValue: columns.kinds[index])
      else { throw .outOfRange("there are more rows than facts") }
      let first = CalendarDate(dayNumber: columns.firstDates[index])
      let second = CalendarDate(dayNumber: columns.secondDates[index])
      switch kind {
      case .trialStarted: return .trialStarted(try type(columns), startsOn: first, endsOn: second)
      case .trialReactivated:
        return .trialReactivated(try type(columns), startsOn: first, endsOn: second)
      case .trialExtended:
        let previous = CalendarDate(dayNumber: try reader.integer(UInt16.self, of: bytes))
        return .trialExtended(
          try type(columns),
          on: first,
          previousEndsOn: previous,
          endsOn: second
        )
      case .trialConverted: return .trialEnded(try type(columns), on: first, cause: .converted)
      case .trialCancelled: return .trialEnded(try type(columns), on: first, cause: .cancelled)
      case .planChanged: return .planChanged(try plan(columns), startsOn: first, endsOn: second)
      case .planChangedOpen: return .planChanged(try plan(columns), startsOn: first, endsOn: nil)
      case .movedBelow: return .namespaceMoved(parent: try parent(columns))
      case .movedToTop: return .namespaceMoved(parent: nil)
      case .rulesActivated:
        let text = try Self.readText(&reader, bytes)
        guard let id = RulesID(text) else { throw .outOfRange("a rules id is '\(text)'") }
        let sha256 = try Self.readText(&reader, bytes)
        return .rulesActivated(id, sha256: sha256, text: try Self.readText(&reader, bytes))
      case .unknown:
        let type = try Self.readText(&reader, bytes)
        let fields = try Self.readText(&reader, bytes)
        guard let fact = try? makeUnknownFact(type: type, canonicalFields: fields) else {
          throw .outOfRange("an event of an unknown type has fields that are not canonical JSON")
        }
        return .unknown(fact)
      }
    }

    private func code(_ columns: FactColumns) throws(FrameError) -> String {
      let code = Int(columns.codes[index])
      guard code < columns.codeTable.count else { throw .outOfRange("a code index is \(code)") }
      return columns.codeTable[code]
    }

    private func type(_ columns: FactColumns) throws(FrameError) -> TrialType {
      let code = try code(columns)
      guard let type = TrialType(code) else { throw .outOfRange("a trial type is '\(code)'") }
      return type
    }

    private func plan(_ columns: FactColumns) throws(FrameError) -> PlanCode {
      let code = try code(columns)
      guard let plan = PlanCode(code) else { throw .outOfRange("a plan is '\(code)'") }
      return plan
    }

    private func parent(_ columns: FactColumns) throws(FrameError) -> NamespaceID {
      // The parents are in order of their events: a binary search.
      var lower = 0
      var upper = columns.parents.count
      while lower < upper {
        let middle = (lower + upper) / 2
        if columns.parents[middle].index < index { lower = middle + 1 } else { upper = middle }
      }
      guard lower < columns.parents.count, columns.parents[lower].index == index,
        let parent = NamespaceID(columns.parents[lower].parent)
      else { throw .outOfRange("a move has no parent") }
      return parent
    }
  }

  /// The lower-case text of a UUID.
  ///
  /// - Precondition: `bytes` are 16.
  static func unpackedUUID(_ bytes: Span<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for index in bytes.indices {
      if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
      for digit in [bytes[index] >> 4, bytes[index] & 15] {
        text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
