package import LedgerCore

/// The ids of a question that names nothing else, `{"namespace_ids":[1,2]}`, as nearly all clients
/// ask it.
///
/// What it takes is a part of strict JSON (``JSONValue``) and read alike there; it only needs no value
/// for each id.
///
/// - Parameters:
///   - bytes: The whole text; not trusted, nothing in it traps.
///   - countMax: The most ids.
/// - Returns: `nil` for any other text, good or bad: let the strict reader say which.
/// - Complexity: O(bytes).
package func plainNamespaceIDs(_ bytes: Span<UInt8>, countMax: Int) -> [NamespaceID]? {
  var reader = PlainReader(offset: 0)
  guard reader.take(UInt8(ascii: "{"), bytes), reader.takeName(bytes),
    reader.take(UInt8(ascii: ":"), bytes), reader.take(UInt8(ascii: "["), bytes)
  else { return nil }
  var ids: [NamespaceID] = []
  ids.reserveCapacity(min(countMax, bytes.count / 2))
  repeat {
    guard ids.count < countMax, let id = reader.takeID(bytes) else { return nil }
    ids.append(id)
  } while reader.take(UInt8(ascii: ","), bytes)
  guard reader.take(UInt8(ascii: "]"), bytes), reader.take(UInt8(ascii: "}"), bytes) else {
    return nil
  }
  reader.skipWhiteSpace(bytes)
  return reader.offset == bytes.count ? ids : nil
}

private struct PlainReader {
  var offset: Int

  mutating func skipWhiteSpace(_ bytes: Span<UInt8>) {
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        offset &+= 1
      default: return
      }
    }
  }

  /// Takes a mark, behind white space.
  mutating func take(_ mark: UInt8, _ bytes: Span<UInt8>) -> Bool {
    skipWhiteSpace(bytes)
    guard offset < bytes.count, bytes[offset] == mark else { return false }
    offset &+= 1
    return true
  }

  /// Takes the name of the one field.
  mutating func takeName(_ bytes: Span<UInt8>) -> Bool {
    skipWhiteSpace(bytes)
    for byte in #""namespace_ids""#.utf8 {
      guard offset < bytes.count, bytes[offset] == byte else { return false }
      offset &+= 1
    }
    return true
  }

  /// Takes an id of at most 18 digits, which 64 bits hold.
  mutating func takeID(_ bytes: Span<UInt8>) -> NamespaceID? {
    skipWhiteSpace(bytes)
    let start = offset
    var number: Int64 = 0
    while offset < bytes.count, offset &- start < 18 {
      let digit = bytes[offset] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      number = number &* 10 &+ Int64(digit)
      offset &+= 1
    }
    // A leading zero is no number of JSON, and 0 is no id.
    guard offset > start, bytes[start] != UInt8(ascii: "0") else { return nil }
    return NamespaceID(number)
  }
}
