/// On whose behalf a command came, as its authenticated caller asserts.
public struct Actor: Hashable, Sendable {
  /// What an actor is to the namespace.
  ///
  /// The raw value is part of the event format: add new ones, never change one.
  public enum Role: String, CaseIterable, Sendable {
    case owner, support, billing, system
  }

  /// GitLab's id of the person, positive.
  public let userID: Int64?
  /// In what role the person, or the program, acts.
  public let role: Role

  /// An actor of a role; `nil` when the user id is not positive.
  public init?(userID: Int64?, role: Role) {
    if let userID, userID <= 0 { return nil }
    self.userID = userID
    self.role = role
  }
}

/// What every event of one command carries beside its facts: who, which command, why, from where.
public struct Metadata: Sendable {
  /// The largest ``reason``, in bytes.
  public static let reasonByteCountMax = 512
  /// The most entries in ``source``.
  public static let sourceEntryCountMax = 8
  /// The longest key of ``source``, in bytes.
  public static let sourceKeyByteCountMax = 32
  /// The longest value of ``source``, in bytes.
  public static let sourceValueByteCountMax = 256

  /// Who acted, if it was said.
  public var actor: Actor?
  /// The client's name for the command, under which it is recorded once for ever.
  public var commandID: CommandID?
  /// Why, in a person's words; at most ``reasonByteCountMax`` bytes, no control characters.
  public var reason: String?
  /// Where the command came from, such as `glm_source`; empty is the same as absent.
  public var source: [String: String]

  /// Metadata of the given parts, none by default.
  public init(
    actor: Actor? = nil,
    commandID: CommandID? = nil,
    reason: String? = nil,
    source: [String: String] = [:]
  ) {
    self.actor = actor
    self.commandID = commandID
    self.reason = reason
    self.source = source
  }

  /// The first thing wrong with ``reason`` or ``source``, as one sentence that names the field.
  public var problem: String? {
    if let reason {
      if reason.utf8.count > Self.reasonByteCountMax {
        return "reason has \(reason.utf8.count) bytes; at most \(Self.reasonByteCountMax) are kept"
      }
      if !hasNoControlCharacters(reason) { return "reason holds a control character" }
    }
    if source.count > Self.sourceEntryCountMax {
      return "source has \(source.count) entries; at most \(Self.sourceEntryCountMax) are kept"
    }
    // Sorted only where something is wrong, to say the same every time.
    if source.allSatisfy({ Self.isSound(key: $0.key, value: $0.value) }) { return nil }
    for key in source.keys.sorted() {
      if key.utf8.count > Self.sourceKeyByteCountMax || !isCode(key) {
        return "source has the key '\(key)'; keys are [a-z0-9_]{1,32}"
      }
      let value = source[key] ?? ""
      if value.utf8.count > Self.sourceValueByteCountMax {
        return "source.\(key) has \(value.utf8.count) bytes; "
          + "at most \(Self.sourceValueByteCountMax) are kept"
      }
      if !hasNoControlCharacters(value) { return "source.\(key) holds a control character" }
    }
    return nil
  }

  private static func isSound(key: String, value: String) -> Bool {
    key.utf8.count <= sourceKeyByteCountMax && isCode(key)
      && value.utf8.count <= sourceValueByteCountMax && hasNoControlCharacters(value)
  }

  /// Whether the other metadata says the same but for the command id; texts compare by bytes.
  public func hasSameContent(as other: Metadata) -> Bool {
    guard actor == other.actor, source.count == other.source.count else { return false }
    switch (reason, other.reason) {
    case (nil, nil): break
    case (let mine?, let theirs?): guard hasSameBytes(mine, theirs) else { return false }
    default: return false
    }
    return source.allSatisfy { key, value in
      other.source[key].map { hasSameBytes($0, value) } ?? false
    }
  }
}

extension Metadata: Equatable {
  /// Compares texts by bytes.
  public static func == (left: Metadata, right: Metadata) -> Bool {
    left.commandID == right.commandID && left.hasSameContent(as: right)
  }
}
