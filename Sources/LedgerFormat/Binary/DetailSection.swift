package import LedgerCore

/// The second section of a commit frame: what makes the facts events again.
///
/// Decoded, it is one row an event, in order. `v` is an unsigned LEB128 integer in its shortest
/// form; a text is `v` with its size in bytes, then UTF-8:
///
/// | field            | form                                                                     |
/// | ---------------- | ------------------------------------------------------------------------ |
/// | size             | `v`: of the row after this field, in bytes                               |
/// | flags            | 1 byte, see ``Flags``                                                    |
/// | version          | `v`                                                                      |
/// | recorded_at      | `v`: milliseconds since the event before in the frame (since 1970 for the first) |
/// | actor            | role: 1 owner, 2 support, 3 billing, 4 system; then `v` user id if flagged |
/// | command_id       | 16 bytes when it is a lower-case UUID, else a text                       |
/// | reason           | a text                                                                   |
/// | source           | 1 byte: entries; each a text for the key and one for the value, keys ascending |
/// | own fields       | `trial_extended`: previous_ends_on, 2 bytes. `rules_activated`: texts rules_id, rules_sha256, rules. Unknown types: texts type and the canonical JSON object of their own fields |
package enum DetailSection {
  /// Which optional fields a row has.
  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// Actor, command id, reason and source are those of the row before and left out.
    package static let sameMetadata = Flags(rawValue: 1)
    package static let hasActor = Flags(rawValue: 2)
    package static let hasUserID = Flags(rawValue: 4)
    package static let hasCommandID = Flags(rawValue: 8)
    package static let commandIsUUID = Flags(rawValue: 16)
    package static let hasReason = Flags(rawValue: 32)
    package static let hasSource = Flags(rawValue: 64)
  }

  static let roles: [Actor.Role] = [.owner, .support, .billing, .system]

  /// A bound on the size of an event's row, in bytes, without walking it twice.
  package static func byteCountBound(of event: Event) -> Int {
    factByteCountBound(of: event) + byteCountBound(of: event.metadata)
  }

  /// No fewer bytes than the rows of consecutive events take, which say equal metadata once.
  package static func byteCountBound(of events: [Event]) -> Int {
    var bound = 0
    // By span: a copy of an event would count up and down a reference for each of its texts.
    let span = events.span
    for index in span.indices {
      bound += factByteCountBound(of: span[index])
      if index == 0 || span[index].metadata != span[index - 1].metadata {
        bound += byteCountBound(of: span[index].metadata)
      }
    }
    return bound
  }

  private static func byteCountBound(of metadata: Metadata) -> Int {
    var bound = metadata.commandID?.text.utf8.count ?? 0
    bound += metadata.reason?.utf8.count ?? 0
    for (key, value) in metadata.source { bound += key.utf8.count + value.utf8.count + 8 }
    return bound
  }

  private static func factByteCountBound(of event: Event) -> Int {
    var bound = 64
    switch event.fact {
    case .rulesActivated(let id, let sha256, let text):
      bound += id.text.utf8.count + sha256.utf8.count + text.utf8.count + 16
    case .unknown(let fact): bound += fact.type.utf8.count + fact.canonicalFields.utf8.count + 16
    default: break
    }
    return bound
  }

  /// Appends an event's row to `output`; `previous` is the event before it in the frame, `scratch`
  /// is memory to use again.
  package static func encode(
    _ event: Event,
    after previous: Event?,
    to output: inout [UInt8],
    scratch: inout [UInt8]
  ) {
    scratch.removeAll(keepingCapacity: true)
    let metadata = event.metadata
    let uuid = metadata.commandID.flatMap { packedUUID($0.text.utf8Span.span) }
    var flags: Flags = []
    if let previous, previous.metadata == metadata {
      flags = .sameMetadata
    } else {
      if let actor = metadata.actor {
        flags.insert(.hasActor)
        if actor.userID != nil { flags.insert(.hasUserID) }
      }
      if metadata.commandID != nil { flags.insert(.hasCommandID) }
      if uuid != nil { flags.insert(.commandIsUUID) }
      if metadata.reason != nil { flags.insert(.hasReason) }
      if !metadata.source.isEmpty { flags.insert(.hasSource) }
    }
    scratch.append(flags.rawValue)
    scratch.appendVariableInteger(UInt64(event.version))
    let before = previous?.recordedAt.milliseconds ?? 0
    scratch.appendVariableInteger(UInt64(event.recordedAt.milliseconds - before))
    if !flags.contains(.sameMetadata) { encode(metadata, uuid, to: &scratch) }
    encodeOwnFields(of: event.fact, to: &scratch)
    output.appendVariableInteger(UInt64(scratch.count))
    output += scratch
  }

  private static func encode(
    _ metadata: Metadata,
    _ uuid: (UInt64, UInt64)?,
    to output: inout [UInt8]
  ) {
    if let actor = metadata.actor {
      switch actor.role {
      case .owner: output.append(1)
      case .support: output.append(2)
      case .billing: output.append(3)
      case .system: output.append(4)
      }
      if let userID = actor.userID { output.appendVariableInteger(UInt64(userID)) }
    }
    if let uuid {
      output.appendLittleEndian(uuid.0)
      output.appendLittleEndian(uuid.1)
    } else if let commandID = metadata.commandID {
      output.appendText(commandID.text)
    }
    if let reason = metadata.reason { output.appendText(reason) }
    guard !metadata.source.isEmpty else { return }
    precondition(metadata.source.count <= 255, "a source has at most 8 entries")
    output.append(UInt8(metadata.source.count))
    for (key, value) in metadata.source.sorted(by: { isBefore($0.key, $1.key) }) {
      output.appendText(key)
      output.appendText(value)
    }
  }

  private static func encodeOwnFields(of fact: Fact, to output: inout [UInt8]) {
    switch fact {
    case .trialExtended(_, _, let previousEndsOn, _):
      output.appendLittleEndian(previousEndsOn.dayNumber)
    case .rulesActivated(let id, let sha256, let text):
      output.appendText(id.text)
      output.appendText(sha256)
      output.appendText(text)
    case .unknown(let fact):
      output.appendText(fact.type)
      output.appendText(fact.canonicalFields)
    case .trialStarted, .trialReactivated, .trialEnded, .planChanged, .namespaceMoved: break
    }
  }

  /// Whether `left` comes before `right` by their UTF-8.
  static func isBefore(_ left: String, _ right: String) -> Bool {
    let left = left.utf8Span.span
    let right = right.utf8Span.span
    for index in 0..<min(left.count, right.count) where left[index] != right[index] {
      return left[index] < right[index]
    }
    return left.count < right.count
  }

  /// The 16 bytes of a UUID in its lower-case form as two little-endian numbers, or `nil` for any
  /// other text.
  static func packedUUID(_ text: Span<UInt8>) -> (UInt64, UInt64)? {
    guard text.count == 36 else { return nil }
    // Most significant byte first, as they stand in the text.
    var words: (UInt64, UInt64) = (0, 0)
    var digitCount = 0
    for index in text.indices {
      let character = text[index]
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard character == UInt8(ascii: "-") else { return nil }
        continue
      }
      let digit: UInt8
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
      default: return nil
      }
      if digitCount < 16 {
        words.0 = words.0 << 4 | UInt64(digit)
      } else {
        words.1 = words.1 << 4 | UInt64(digit)
      }
      digitCount += 1
    }
    return (words.0.byteSwapped, words.1.byteSwapped)
  }
}
