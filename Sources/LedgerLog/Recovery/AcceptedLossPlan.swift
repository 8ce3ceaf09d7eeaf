internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// What an accepted loss does to the log, written down before anything is done.
///
/// It stands in the folder as `accepted-loss`, one JSON object, from before the first change until
/// the loss is recorded in the log. While it is there, nobody opens the log.
struct AcceptedLossPlan: Equatable {
  /// The ledger's identity.
  var identity: LedgerIdentity
  /// The file in which the log will end, by the position in its name.
  var segment: Int
  /// Where in that file the sound bytes end; 0 when the file is made anew from sound events.
  var end: Int
  /// The folder in `quarantine` that keeps what is cut.
  var kept: String
  /// The bytes behind ``end`` that are kept as a copy; 0 when there are none.
  var tailByteCount: Int
  /// The names of the files that are moved whole, in order.
  var moved: [String]
  /// The hashes of the compact range of the sound events.
  var peaks: [Hash256]
  /// When the last sound event was recorded, in milliseconds.
  var recordedAt: Int64
  /// What records the loss; its position is the number of sound events.
  var event: Event

  /// Whether the file that the log will end in is made anew.
  var remakesSegment: Bool { end == 0 }
}

extension AcceptedLossPlan {
  /// The plan as a JSON object.
  var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("identity", identity.description)
      writer.member("segment", segment)
      writer.member("end", end)
      writer.member("kept", kept)
      writer.member("tail_bytes", tailByteCount)
      writer.name("moved")
      writer.array { writer in for name in moved { writer.value(name) } }
      writer.name("peaks")
      writer.array { writer in for peak in peaks { writer.value(peak.description) } }
      writer.member("recorded_at", Int(recordedAt))
      writer.name("event")
      writer.value(event)
    }
    return writer.bytes
  }

  /// Reads a plan; `nil` for bytes that are none.
  init?(reading bytes: [UInt8]) {
    // What is no plan is not read further, whatever is wrong with it.
    guard let value = try? JSONValue(parsing: bytes.span),
      case .string(let identity)? = value["identity"],
      let identityBytes = Self.bytes(hexadecimal: identity),
      identityBytes.count == LedgerIdentity.byteCount,
      case .integer(let segment)? = value["segment"], segment >= 0,
      case .integer(let end)? = value["end"], end >= 0,
      case .string(let kept)? = value["kept"], Self.isName(kept),
      case .integer(let tail)? = value["tail_bytes"], tail >= 0,
      case .array(let moved)? = value["moved"],
      case .array(let peaks)? = value["peaks"],
      case .integer(let recordedAt)? = value["recorded_at"],
      let content = value["event"],
      let event = try? readEventContent(content, .exactCopy),
      let position = event.position, let version = event.version, let at = event.recordedAt
    else { return nil }
    self.identity = LedgerIdentity(identityBytes.span)
    self.segment = Int(segment)
    self.end = Int(end)
    self.kept = kept
    tailByteCount = Int(tail)
    self.moved = moved.compactMap { name in
      if case .string(let text) = name, Self.isName(text) { text } else { nil }
    }
    self.peaks = peaks.compactMap { peak in
      guard case .string(let text) = peak, let bytes = Self.bytes(hexadecimal: text),
        bytes.count == Hash256.byteCount
      else { return nil }
      return Hash256(bytes.span)
    }
    self.recordedAt = recordedAt
    self.event = event.event(position: position, version: version, recordedAt: at)
    guard self.moved.count == moved.count, self.peaks.count == peaks.count,
      CompactRange(leafCount: position, peaks: self.peaks) != nil
    else { return nil }
  }

  /// The bytes that hexadecimal digits say.
  private static func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard text.utf8.count % 2 == 0, digits.count == text.utf8.count else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  /// A name inside a folder, which leads nowhere else.
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && !text.utf8.contains(UInt8(ascii: "/")) && text != "." && text != ".."
  }
}

extension LogFolder {
  /// How a sealed segment's file is called behind its position.
  static let sealedFileSuffix = ".sealed"

  /// The position in the name of a segment of either kind; `nil` for any other file.
  static func anyFirstPosition(_ name: String) -> Int? {
    guard name.hasSuffix(sealedFileSuffix) else { return firstPosition(name) }
    return firstPosition(name.dropLast(sealedFileSuffix.count) + ".frames")
  }

  /// The plan of an accepted loss that is not recorded yet.
  var lossPlan: String { "\(path)/accepted-loss" }

  /// Refuses a log whose accepted loss is not recorded yet: it may look whole, and has lost events.
  func refuseUnfinishedLoss(_ disk: any Disk) throws(LogError) {
    let names = try onDisk { () throws(DiskError) in try disk.names(in: path) } ?? []
    guard names.contains("accepted-loss") else { return }
    throw .damaged(
      Damage(
        file: lossPlan,
        offset: 0,
        position: 0,
        reason: "a loss was accepted and is not recorded yet; run recover --accept-loss again"
      )
    )
  }
}
