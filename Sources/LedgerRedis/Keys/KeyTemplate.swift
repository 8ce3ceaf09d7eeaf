package import LedgerCore

/// How the key of a namespace's cached list is made: a text in which `{id}` stands for the id.
///
/// It works both ways, so that of all keys in a database only those are deleted that it makes.
package struct KeyTemplate: Hashable, Sendable {
  /// What GitLab.com and GitLab's packages use: Rails' cache namespace and GitLab's own key.
  package static let gitLab = KeyTemplate(
    prefix: Array("cache:gitlab:namespaces:eligible_trials:".utf8),
    suffix: []
  )
  /// The longest template, in bytes.
  package static let byteCountMax = 512

  let prefix: [UInt8]
  let suffix: [UInt8]

  private init(prefix: [UInt8], suffix: [UInt8]) {
    self.prefix = prefix
    self.suffix = suffix
  }

  /// Reads a template.
  ///
  /// - Returns: `nil` unless it is printable ASCII without spaces, of at most ``byteCountMax`` bytes,
  ///   has `{id}` once, and something before it, so that no other system's bare numbers are meant.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.byteCountMax, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      return nil
    }
    let places = bytes.indices.filter { bytes[$0...].starts(with: Self.placeholder) }
    guard places.count == 1, let place = places.first, place > 0 else { return nil }
    self.init(
      prefix: Array(bytes[..<place]),
      suffix: Array(bytes[(place + Self.placeholder.count)...])
    )
  }

  private static let placeholder = Array("{id}".utf8)

  /// The key of a namespace.
  package func key(of id: NamespaceID) -> String {
    String(decoding: prefix, as: UTF8.self) + String(id.rawValue)
      + String(decoding: suffix, as: UTF8.self)
  }

  /// The namespace whose key it is; `nil` for any other key.
  func namespaceID(of key: [UInt8]) -> NamespaceID? {
    guard key.count > prefix.count + suffix.count, key.starts(with: prefix),
      key[(key.count - suffix.count)...].elementsEqual(suffix)
    else { return nil }
    let digits = key[prefix.count..<(key.count - suffix.count)]
    guard digits.first != UInt8(ascii: "0"), digits.count <= 19 else { return nil }
    var value: Int64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isOver) = tens.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
      guard !isTooLarge, !isOver else { return nil }
      value = sum
    }
    return NamespaceID(value)
  }

  /// The glob pattern of Redis' `SCAN` that all keys match; some others may match too.
  var pattern: [UInt8] { Self.escaped(prefix) + Array("[1-9]*".utf8) + Self.escaped(suffix) }

  private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte in "*?[]^\\".utf8.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte] }
  }
}

extension KeyTemplate: CustomStringConvertible {
  /// The template as it is written.
  package var description: String {
    String(decoding: prefix, as: UTF8.self) + "{id}" + String(decoding: suffix, as: UTF8.self)
  }
}
