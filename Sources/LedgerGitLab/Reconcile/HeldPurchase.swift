package import LedgerCore
package import LedgerFormat

/// The purchase of an add-on that a GitLab holds for a namespace, as far as somebody says.
package struct HeldPurchase: Equatable, Sendable {
  /// A field that is compared, by the name it has in a push.
  package enum Field: String, CaseIterable, Sendable {
    case startedOn = "started_on"
    case expiresOn = "expires_on"
    case quantity = "quantity"
    case purchaseID = "purchase_xid"
  }

  /// The names of all that a line of a dump may say, `started_at` being GitLab's own name of a column.
  package static let columns = Field.allCases.map(\.rawValue) + ["add_on", "started_at", "trial"]

  /// The namespace.
  package let id: NamespaceID
  /// The add-on, by the name it has in a push.
  package let addOn: String
  /// Whether it is said to be no trial: somebody bought it, of which the ledger knows nothing.
  package let isBought: Bool
  /// What is said; `.some(nil)` is nothing.
  package let values: [Field: String?]

  /// What a row of a dump says.
  ///
  /// - Throws: ``DumpError`` for one that names no add-on.
  package init(_ row: DumpRow) throws(DumpError) {
    guard let name = row.values["add_on"].flatMap(\.self) else {
      throw DumpError("add_on is missing")
    }
    id = row.id
    addOn = Self.pushed(name)
    var values: [Field: String?] = [:]
    for field in Field.allCases { values[field] = row.values[field.rawValue] }
    if values[.startedOn] == nil { values[.startedOn] = row.values["started_at"] }
    self.values = values
    isBought = row.values["trial"].flatMap(\.self).map(normalizedBool) == "false"
  }

  /// What the internal API's answer about an add-on says.
  ///
  /// - Throws: ``DumpError``, which names the field.
  package init(id: NamespaceID, addOn: String, answer: JSONValue) throws(DumpError) {
    var values: [String: String?] = ["add_on": addOn]
    for (name, value) in [
      ("started_on", answer["started_on"]), ("expires_on", answer["expires_on"]),
      ("quantity", answer["quantity"]), ("purchase_xid", answer["purchase_xid"]),
      ("trial", answer["trial"]),
    ] {
      switch value {
      case nil: continue
      case .null: values[name] = .some(nil)
      case .string(let text): values[name] = text
      case .bool(let isTrue): values[name] = isTrue ? "true" : "false"
      case .integer(let number): values[name] = String(number)
      default: throw DumpError("\(name) is neither text, number, boolean nor null")
      }
    }
    try self.init(DumpRow(id: id, values: values))
  }

  /// The name that an add-on has in a push, by that or the one in GitLab's tables or answers.
  private static func pushed(_ name: String) -> String {
    let name = name.lowercased().replacing(" ", with: "_")
    return name == "code_suggestions" ? "duo_pro" : name
  }
}
