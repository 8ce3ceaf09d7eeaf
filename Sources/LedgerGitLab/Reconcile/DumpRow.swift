package import LedgerCore
package import LedgerFormat

/// A line of a dump: a namespace, and what is said of it by the names of the fields.
package struct DumpRow: Equatable, Sendable {
  /// The namespace.
  package let id: NamespaceID
  /// What is said; `.some(nil)` is nothing, a field that is not there is not said.
  package let values: [String: String?]

  /// A row of those values; an empty text is nothing.
  init(id: NamespaceID, values: [String: String?]) {
    self.id = id
    self.values = values.mapValues { $0.flatMap { $0.isEmpty ? nil : $0 } }
  }

  /// Reads a line in JSON: an object with `namespace_id` and any of `fields`.
  ///
  /// - Throws: ``DumpError``, which names the field.
  package init(line value: JSONValue, fields: [String]) throws(DumpError) {
    guard case .integer(let number)? = value["namespace_id"], let id = NamespaceID(number) else {
      throw DumpError("namespace_id is missing or no namespace id")
    }
    var values: [String: String?] = [:]
    for field in fields {
      switch value[field] {
      case nil: continue
      case .null: values[field] = .some(nil)
      case .string(let text): values[field] = text
      case .bool(let isTrue): values[field] = isTrue ? "true" : "false"
      case .integer(let number): values[field] = String(number)
      default: throw DumpError("\(field) is neither text, number, boolean nor null")
      }
    }
    self.init(id: id, values: values)
  }
}

/// A line of a dump cannot be read; one sentence that names the field.
package struct DumpError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The sentence.
  package let description: String

  /// A line cannot be read for that reason.
  package init(_ description: String) {
    self.description = description
  }
}

/// The one form of a truth value that databases and programs write differently.
func normalizedBool(_ text: String) -> String {
  switch text {
  case "t", "1", "true": "true"
  case "f", "0", "false": "false"
  default: text
  }
}
