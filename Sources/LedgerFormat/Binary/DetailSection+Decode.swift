package import LedgerCore

extension DetailSection {
  /// Reads a commit frame's rows one after the other and puts them together with the facts.
  package struct Reader {
    private var cursor = DetailCursor()
    private var maker = EventMaker()

    /// A reader before the first row.
    package init() {}

    /// The number of rows read so far.
    package var index: Int { cursor.index }

    /// Reads the next row and makes it an event with its facts, those of the whole frame.
    ///
    /// - Returns: The event.
    /// - Throws: ``FrameError``; the bytes are not trusted, so nothing in them traps.
    package mutating func next(
      of bytes: Span<UInt8>,
      with columns: FactColumns
    ) throws(FrameError) -> Event {
      let index = cursor.index
      return try maker.event(try cursor.next(of: bytes), of: bytes, with: columns, at: index)
    }

    /// Passes over the next row, and tells when the event was recorded, in milliseconds.
    @discardableResult
    package mutating func skip(of bytes: Span<UInt8>) throws(FrameError) -> Int64 {
      try cursor.next(of: bytes).recordedAt
    }

    /// Passes over the next row and lends its command id, unless it has none or the row before
    /// was of the same command.
    package mutating func nextCommandID(of bytes: Span<UInt8>) throws(FrameError) -> CommandID? {
      let row = try cursor.next(of: bytes)
      guard row.metadataFlags.contains(.hasCommandID), !row.repeatsMetadata else { return nil }
      var reader = ByteReader(at: row.metadata.lowerBound)
      try reader.skipActor(row.metadataFlags, of: bytes)
      return try EventMaker.readCommandID(&reader, bytes, row.metadataFlags)
    }

    /// Whether all bytes have been read.
    package func isAtEnd(of bytes: Span<UInt8>) -> Bool { cursor.isAtEnd(of: bytes) }
  }

  /// Makes events of rows and facts; rows that repeat the metadata of one before share its texts.
  package struct EventMaker {
    private var metadata = Metadata()
    /// Where ``metadata`` was read.
    private var place = 0..<0

    /// A maker for the rows of one section or chunk of details, and no other.
    package init() {}

    /// The event of `row`, which stands in `bytes`, and of the facts at `index` of `columns`.
    ///
    /// - Throws: ``FrameError``; the bytes are not trusted, so nothing in them traps.
    package mutating func event(
      _ row: DetailRow,
      of bytes: Span<UInt8>,
      with columns: FactColumns,
      at index: Int
    ) throws(FrameError) -> Event {
      if row.metadata != place {
        var reader = ByteReader(at: row.metadata.lowerBound)
        metadata = try Self.readMetadata(&reader, bytes, row.metadataFlags)
        place = row.metadata
      }
      var reader = ByteReader(at: row.ownFields.lowerBound)
      let fact = try Self.readFact(&reader, bytes, with: columns, at: index)
      guard reader.offset == row.ownFields.upperBound else {
        throw .outOfRange("the row of position \(columns.firstPosition + index) has a wrong size")
      }
      guard let instant = Instant(milliseconds: row.recordedAt) else {
        throw .outOfRange("recorded_at is \(row.recordedAt)")
      }
      let namespaceID = columns.namespaceIDs[index]
      guard namespaceID >= 0, fact.mayBe(of: namespaceID) else {
        throw .outOfRange("a \(fact.name) event is of namespace \(namespaceID)")
      }
      return Event(
        position: columns.firstPosition + index,
        namespaceID: NamespaceID(unchecked: namespaceID),
        version: row.version,
        recordedAt: instant,
        metadata: metadata,
        fact: fact
      )
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
        // Keys that are canonically equivalent would fall together; of ASCII ones none are.
        guard isCode(key) else { throw .outOfRange("a source key is '\(key)'") }
        before = key
        metadata.source[key] = try readText(&reader, bytes)
      }
      return metadata
    }

    fileprivate static func readCommandID(
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

    private static func readFact(
      _ reader: inout ByteReader,
      _ bytes: Span<UInt8>,
      with columns: FactColumns,
      at index: Int
    ) throws(FrameError) -> Fact {
      guard index < columns.count, let kind = FactColumns.Kind(rawValue: columns.kinds[index])
      else { throw .outOfRange("there are more rows than facts") }
      let first = CalendarDate(dayNumber: columns.firstDates[index])
      let second = CalendarDate(dayNumber: columns.secondDates[index])
      switch kind {
      case .trialStarted:
        return .trialStarted(try type(columns, index), startsOn: first, endsOn: second)
      case .trialReactivated:
        return .trialReactivated(try type(columns, index), startsOn: first, endsOn: second)
      case .trialExtended:
        let previous = CalendarDate(dayNumber: try reader.integer(UInt16.self, of: bytes))
        return .trialExtended(
          try type(columns, index),
          on: first,
          previousEndsOn: previous,
          endsOn: second
        )
      case .trialConverted:
        return .trialEnded(try type(columns, index), on: first, cause: .converted)
      case .trialCancelled:
        return .trialEnded(try type(columns, index), on: first, cause: .cancelled)
      case .planChanged:
        return .planChanged(try plan(columns, index), startsOn: first, endsOn: second)
      case .planChangedOpen:
        return .planChanged(try plan(columns, index), startsOn: first, endsOn: nil)
      case .movedBelow: return .namespaceMoved(parent: try columns.parent(ofEventAt: index))
      case .movedToTop: return .namespaceMoved(parent: nil)
      case .rulesActivated:
        let text = try readText(&reader, bytes)
        guard let id = RulesID(text) else { throw .outOfRange("a rules id is '\(text)'") }
        let sha256 = try readText(&reader, bytes)
        return .rulesActivated(id, sha256: sha256, text: try readText(&reader, bytes))
      case .unknown:
        let type = try readText(&reader, bytes)
        let fields = try readText(&reader, bytes)
        guard let fact = try? makeUnknownFact(type: type, canonicalFields: fields) else {
          throw .outOfRange("an event of an unknown type has fields that are not canonical JSON")
        }
        return .unknown(fact)
      }
    }

    private static func code(_ columns: FactColumns, _ index: Int) throws(FrameError) -> String {
      let code = Int(columns.codes[index])
      guard code < columns.codeTable.count else { throw .outOfRange("a code index is \(code)") }
      return columns.codeTable[code]
    }

    private static func type(_ columns: FactColumns, _ index: Int) throws(FrameError) -> TrialType {
      let code = try code(columns, index)
      guard let type = TrialType(code) else { throw .outOfRange("a trial type is '\(code)'") }
      return type
    }

    private static func plan(_ columns: FactColumns, _ index: Int) throws(FrameError) -> PlanCode {
      let code = try code(columns, index)
      guard let plan = PlanCode(code) else { throw .outOfRange("a plan is '\(code)'") }
      return plan
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
