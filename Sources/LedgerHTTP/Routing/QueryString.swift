import HTTPTypes
package import Hummingbird
import LedgerFormat

/// The names and values of a request's query, percent-decoded, in their order.
package struct QueryString: Equatable, Sendable {
  /// The parameters; one without `=` has an empty value.
  package let parameters: [(name: String, value: String)]

  /// Reads what stands after the first `?` of a target; empty pieces are passed over.
  ///
  /// - Throws: ``RequestFailure`` 400 for a percent sign without two hexadecimal digits and for
  ///   bytes that are not UTF-8.
  /// - Complexity: O(bytes).
  package init(of request: Request) throws(RequestFailure) {
    try self.init(target: Array((request.head.path ?? "").utf8))
  }

  /// Reads what stands after the first `?` of `target`, as ``init(of:)`` does.
  package init(target: [UInt8]) throws(RequestFailure) {
    guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else {
      parameters = []
      return
    }
    var parameters: [(name: String, value: String)] = []
    let query = target[(mark + 1)...].prefix { $0 != UInt8(ascii: "#") }
    for piece in query.split(separator: UInt8(ascii: "&")) {
      let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
      let name = try percentDecoded(piece[..<equals])
      let value = try percentDecoded(piece[equals...].dropFirst())
      parameters.append((name, value))
    }
    self.parameters = parameters
  }

  /// The values of parameters that may stand once each.
  ///
  /// - Throws: ``RequestFailure`` 400 for another parameter, and for one that stands twice.
  package func values(allowing names: Set<String>) throws(RequestFailure) -> [String: String] {
    var values: [String: String] = [:]
    for (name, value) in parameters {
      // The allowed names are ASCII, which is canonically equivalent to nothing but itself.
      guard names.contains(name) else {
        throw .invalid("\(shown(name)) is no parameter of this path")
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw .invalid("the parameter \(name) stands twice")
      }
    }
    return values
  }

  package static func == (left: QueryString, right: QueryString) -> Bool {
    left.parameters.elementsEqual(right.parameters) { $0 == $1 }
  }
}

private func percentDecoded(_ bytes: ArraySlice<UInt8>) throws(RequestFailure) -> String {
  var decoded: [UInt8] = []
  decoded.reserveCapacity(bytes.count)
  var index = bytes.startIndex
  while index < bytes.endIndex {
    let byte = bytes[index]
    index += 1
    guard byte == UInt8(ascii: "%") else {
      decoded.append(byte)
      continue
    }
    guard bytes.endIndex - index >= 2, let high = hexadecimalValue(bytes[index]),
      let low = hexadecimalValue(bytes[index + 1])
    else { throw .invalid("the query holds a % that is not followed by two hexadecimal digits") }
    decoded.append(high << 4 | low)
    index += 2
  }
  guard let text = String(validating: decoded, as: UTF8.self) else {
    throw .invalid("the query is not UTF-8")
  }
  return text
}

private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
