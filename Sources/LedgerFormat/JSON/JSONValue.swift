import LedgerCore

/// A JSON value as it was read: numbers are integers, objects keep their order.
///
/// Equality compares strings by their bytes and objects in order.
package enum JSONValue: Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction and exponent, within 64 bits.
  case integer(Int64)
  /// The text of any other number; never made where only integers may stand.
  case number(String)
  /// A string, its escapes resolved.
  case string(String)
  /// The elements, in order.
  case array([JSONValue])
  /// The members, in file order; no name stands twice.
  case object([JSONMember])

  /// What the value is, for a sentence such as "reason is an integer".
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// The value of the member `name` of an object, or `nil` when there is none.
  ///
  /// - Complexity: O(members).
  package subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { isSame($0.name, name) }?.value
  }
}

/// Whether two strings are the same bytes; fast where they are not.
func isSame(_ left: String, _ right: String) -> Bool {
  // Strings that are not even canonically equivalent have other bytes.
  left == right && hasSameBytes(left, right)
}

/// One name of an object with its value.
package struct JSONMember: Equatable, Sendable {
  /// The name, its escapes resolved.
  package var name: String
  /// The value.
  package var value: JSONValue

  /// A member of that name and value.
  package init(_ name: String, _ value: JSONValue) {
    self.name = name
    self.value = value
  }

  package static func == (left: JSONMember, right: JSONMember) -> Bool {
    hasSameBytes(left.name, right.name) && left.value == right.value
  }
}

extension JSONValue: Equatable {
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.number(let left), .number(let right)): hasSameBytes(left, right)
    case (.string(let left), .string(let right)): hasSameBytes(left, right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }
}
