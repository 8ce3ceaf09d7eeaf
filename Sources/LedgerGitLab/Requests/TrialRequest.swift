package import LedgerCore
package import LedgerFormat
package import LedgerHTTP

/// What GitLab says in the body of a request about a trial, whichever it is.
///
/// The body is another system's: what is not needed is not looked at.
package struct TrialRequest: Equatable, Sendable {
  /// GitLab's id of the person who asks.
  package let userID: Int64
  /// The group.
  package let namespaceID: NamespaceID
  /// Where the request came from: `glm_…` and `trial_entity`, made fit for an event.
  package let source: [String: String]
  /// The group's plan as GitLab knows it, if it says.
  package let plan: String?
  /// `trial_user`, for what only some requests carry.
  package let trialUser: JSONValue

  /// Reads a body.
  ///
  /// - Throws: ``RequestFailure`` 400 that names the field.
  package init(_ bytes: [UInt8], byteCountMax: Int) throws(RequestFailure) {
    let body = try lenientObject(bytes, byteCountMax: byteCountMax)
    guard let trialUser = body["trial_user"], case .object(let members) = trialUser else {
      throw .invalid("trial_user is missing or no object")
    }
    guard let userID = positiveInteger(body["uid"]) else {
      throw .invalid("uid is missing or no user id")
    }
    guard let number = positiveInteger(trialUser["namespace_id"]),
      let namespaceID = NamespaceID(number)
    else { throw .invalid("trial_user.namespace_id is missing or no namespace id") }
    self.userID = userID
    self.namespaceID = namespaceID
    self.trialUser = trialUser
    source = sourceEntries(members)
    if case .string(let plan) = trialUser["namespace"]?["plan"] {
      self.plan = plan
    } else {
      plan = nil
    }
  }

  /// What is recorded about who asked and from where.
  package var metadata: Metadata {
    Metadata(actor: Actor(userID: userID, role: .owner), source: source)
  }

  /// The trial type that was sent, if one was.
  ///
  /// - Throws: ``RequestFailure`` 400 for what is no trial type.
  package func trialType() throws(RequestFailure) -> TrialType? {
    guard let value = trialUser["trial_type"], value != .null else { return nil }
    guard case .string(let text) = value, let type = TrialType(text) else {
      throw .invalid("trial_user.trial_type is no trial type")
    }
    return type
  }

  /// The trial type of the add-on that was sent, in the wire's names.
  ///
  /// - Throws: ``RequestFailure`` 400 for none.
  package func addOnTrialType() throws(RequestFailure) -> TrialType {
    guard case .string(let name) = trialUser["add_on_name"] else {
      throw .invalid("trial_user.add_on_name is missing or no string")
    }
    // The types' own names are taken too; any other type is started elsewhere.
    let code: String? =
      switch name {
      case "code_suggestions", "gitlab_duo_pro": "gitlab_duo_pro"
      case "duo_enterprise", "gitlab_duo_enterprise": "gitlab_duo_enterprise"
      default: nil
      }
    guard let type = code.flatMap({ TrialType($0) }) else {
      throw .invalid("trial_user.add_on_name '\(shown(name))' is no add-on")
    }
    return type
  }

  /// Whether an active trial shall be extended, or an expired one granted again.
  ///
  /// - Throws: ``RequestFailure`` 400 for anything but 1 and 2, which may stand as text.
  package func grantKind() throws(RequestFailure) -> GrantKind {
    switch positiveInteger(trialUser["trial_extension_type"]) {
    case 1: return .extension
    case 2: return .reactivation
    default:
      throw .invalid("trial_user.trial_extension_type must be 1 (extended) or 2 (reactivated)")
    }
  }

  /// What GitLab's numbers for extension and reactivation mean.
  package enum GrantKind: Equatable, Sendable {
    case `extension`, reactivation
  }
}

/// Reads a JSON object of another system: any numbers, unknown keys; but no key twice, because two
/// readers could then understand it differently.
func lenientObject(
  _ bytes: [UInt8],
  byteCountMax: Int
) throws(RequestFailure) -> JSONValue {
  let value: JSONValue
  do throws(JSONSyntaxError) {
    value = try JSONValue(parsing: bytes.span, numbers: .any, byteCountMax: byteCountMax)
  } catch {
    throw .invalid(.syntax(error))
  }
  guard case .object = value else { throw .invalid("the body is \(value.kind), not an object") }
  return value
}

/// A positive integer, written as a number or as its decimal text; `nil` for anything else.
private func positiveInteger(_ value: JSONValue?) -> Int64? {
  switch value {
  case .integer(let number) where number > 0: number
  case .string(let text): NamespaceID(text)?.rawValue
  default: nil
  }
}

/// The entries of an event's `source` among the members of `trial_user`, at most as many as an
/// event may have; those that GitLab is known to send come before any other.
private func sourceEntries(_ members: [JSONMember]) -> [String: String] {
  let known = ["trial_entity", "glm_source", "glm_content"]
  let ordered =
    members.filter { known.contains($0.name) } + members.filter { !known.contains($0.name) }
  var entries: [String: String] = [:]
  for member in ordered {
    guard entries.count < Metadata.sourceEntryCountMax, isCode(member.name),
      member.name.utf8.count <= Metadata.sourceKeyByteCountMax,
      member.name.hasPrefix("glm_") || member.name == "trial_entity"
    else { continue }
    switch member.value {
    case .string(let text): entries[member.name] = sourceValue(text)
    case .integer(let number): entries[member.name] = String(number)
    case .null, .bool, .number, .array, .object: continue
    }
  }
  return entries
}

/// `text` without control characters, cut at the end of the last character that fits.
package func sourceValue(_ text: String) -> String {
  var value = ""
  var byteCount = 0
  let clean = String(
    String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f })
  )
  for character in clean {
    byteCount += character.utf8.count
    if byteCount > Metadata.sourceValueByteCountMax { break }
    value.append(character)
  }
  return value
}
