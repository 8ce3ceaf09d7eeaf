import LedgerCore
package import LedgerFormat

/// The file of a ledger's access tokens, `tokens.json` in its folder: digests and roles, no secrets.
///
/// `{"tokens":[{"id":"staff","roles":["reader"],"sha256":"…","created_at":"…","expires_at":null}]}`
package struct TokensFile: Equatable, Sendable {
  /// The tokens, oldest first, each with its own id.
  package private(set) var tokens: [AccessToken]
  /// The largest file that is read, in bytes.
  package static let byteCountMax = 4 << 20
  /// The most tokens; each is compared with every one that is shown.
  package static let tokenCountMax = 10_000

  /// A file without tokens.
  package init() {
    tokens = []
  }

  /// Reads a file, as strictly as any JSON of ours.
  ///
  /// - Throws: ``JSONReadingError``, which names the place and shows no digest.
  package init(reading bytes: [UInt8]) throws(JSONReadingError) {
    let file = try FieldReader(strictJSON(bytes, byteCountMax: Self.byteCountMax), of: "the file")
    try file.allow(["tokens"], in: "a file of tokens")
    guard case .array(let elements) = try file.required("tokens"),
      elements.count <= Self.tokenCountMax
    else { throw .shape("tokens must be an array of at most \(Self.tokenCountMax)") }
    var tokens: [AccessToken] = []
    var ids: Set<String> = []
    for (index, element) in elements.enumerated() {
      let token = try Self.token(FieldReader(element, of: "tokens[\(index)]"), index)
      guard ids.insert(token.id).inserted else { throw .shape("tokens[\(index)] has a known id") }
      tokens.append(token)
    }
    self.tokens = tokens
  }

  /// The file.
  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.memberArray("tokens") { writer in
        for token in tokens {
          writer.object { writer in
            writer.member("id", token.id)
            writer.member("roles", Role.allCases.filter(token.roles.contains).map(\.rawValue))
            writer.member("sha256", hexadecimal(token.digest))
            writer.member("created_at", token.createdAt)
            writer.member("expires_at", token.expiresAt)
          }
        }
      }
    }
    writer.newline()
    return writer.bytes
  }

  /// Adds a token.
  ///
  /// - Returns: Whether its id was free, and there was room.
  package mutating func add(_ token: AccessToken) -> Bool {
    guard tokens.count < Self.tokenCountMax, !tokens.contains(where: { $0.id == token.id }) else {
      return false
    }
    tokens.append(token)
    return true
  }

  /// Removes a token by its id.
  ///
  /// - Returns: Whether there was one.
  package mutating func remove(_ id: String) -> Bool {
    guard let index = tokens.firstIndex(where: { $0.id == id }) else { return false }
    tokens.remove(at: index)
    return true
  }

  private static func token(
    _ fields: FieldReader,
    _ index: Int
  ) throws(JSONReadingError) -> AccessToken {
    try fields.allow(["id", "roles", "sha256", "created_at", "expires_at"], in: "a token")
    let place = "tokens[\(index)]"
    let id = try fields.requiredString("id")
    guard AccessToken.isID(id) else { throw .shape("\(place).id must be [a-z0-9]{1,32}") }
    guard case .array(let names) = try fields.required("roles"), !names.isEmpty else {
      throw .shape("\(place).roles must be an array of roles")
    }
    var roles: Set<Role> = []
    for name in names {
      guard case .string(let text) = name, let role = Role(rawValue: text) else {
        throw .shape("\(place).roles has something that is no role")
      }
      roles.insert(role)
    }
    guard let digest = decodedHexadecimal(try fields.requiredString("sha256")), digest.count == 32
    else { throw .shape("\(place).sha256 must be 64 lowercase hexadecimal digits") }
    return AccessToken(
      id: id,
      roles: roles,
      createdAt: fields.value("created_at") == .null ? nil : try fields.instant("created_at"),
      expiresAt: fields.value("expires_at") == .null ? nil : try fields.instant("expires_at"),
      digest: digest
    )
  }
}

/// Bytes as lowercase hexadecimal digits.
private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

/// The bytes that lowercase hexadecimal digits say; `nil` for anything else.
package func decodedHexadecimal(_ text: String) -> [UInt8]? {
  let digits = Array(text.utf8)
  guard digits.count.isMultiple(of: 2) else { return nil }
  func value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
  var bytes: [UInt8] = []
  for index in stride(from: 0, to: digits.count, by: 2) {
    guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
    bytes.append(high << 4 | low)
  }
  return bytes
}
