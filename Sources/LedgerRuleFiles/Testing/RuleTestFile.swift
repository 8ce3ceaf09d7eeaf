internal import LedgerCore

/// Reads a YAML file of test cases for a rule set.
///
/// ```yaml
/// - name: a new namespace may start a trial
///   events:
///     - { namespace_id: 7, type: plan_changed, plan: free, starts_on: 2026-01-01 }
///   date: 2026-02-01
///   expect: { types: [ultimate_with_dap], valid_until: never }
/// ```
package enum RuleTestFile {
  /// The largest file, in bytes.
  package static let byteCountMax = 4 << 20

  /// Reads the cases of a file, which is not trusted.
  ///
  /// - Throws: Every problem that was found, at least one, with line and column.
  package static func read(_ bytes: [UInt8]) throws(RuleFileError) -> [RuleTestCase] {
    let limits = YAMLReader.Limits(byteCountMax: byteCountMax, nodeCountMax: 1_000_000)
    let root = try YAMLReader.read(bytes, limits)
    var reader = RuleTestReader()
    let cases = reader.cases(root)
    guard reader.problems.isEmpty else { throw RuleFileError(reader.problems) }
    return cases
  }

  /// Reads the cases of a file.
  ///
  /// - Throws: Every problem that was found, at least one, with line and column.
  package static func read(_ text: String) throws(RuleFileError) -> [RuleTestCase] {
    try read(Array(text.utf8))
  }
}

/// Makes test cases of a YAML tree, and collects everything that is wrong with it.
struct RuleTestReader {
  var fields = FieldReader()

  /// What is wrong, once a file was read.
  var problems: [TextProblem] { fields.problems }

  /// The cases of the list `root`.
  mutating func cases(_ root: YAMLNode) -> [RuleTestCase] {
    guard let items = fields.list(root, "a file of test cases") else { return [] }
    var names: Set<[UInt8]> = []
    var cases: [RuleTestCase] = []
    for item in items {
      guard let test = testCase(item) else { continue }
      if !names.insert(Array(test.name.utf8)).inserted {
        fields.note(item.position, "a second case is named \(quoted(test.name))")
      }
      cases.append(test)
    }
    return cases
  }

  private mutating func testCase(_ node: YAMLNode) -> RuleTestCase? {
    guard
      let map = fields.fields(node, "a case", required: ["name", "events", "date", "expect"])
    else { return nil }
    let name = map["name"].flatMap { node in
      fields.value(node, "name", form: "a text without control characters") {
        !$0.isEmpty && hasNoControlCharacters($0) ? $0 : nil
      }
    }
    let facts = map["events"].flatMap { self.facts($0) }
    let date = map["date"].flatMap { self.date($0, "date") }
    let expected = map["expect"].flatMap { expectation($0) }
    guard let name, let facts, let date, let expected else { return nil }
    return RuleTestCase(
      name: name,
      position: node.position,
      facts: facts,
      date: date,
      expected: expected
    )
  }

  /// The facts of one namespace, each possible after those before.
  private mutating func facts(_ node: YAMLNode) -> [Fact]? {
    guard case .list(let items) = node.content else {
      fields.note(node.position, "events is a list, which may be empty")
      return nil
    }
    var state = NamespaceState()
    var facts: [Fact] = []
    var namespaceID: NamespaceID?
    for item in items {
      guard let (fact, namespace) = event(item) else { continue }
      if let namespace {
        if let namespaceID, namespace != namespaceID {
          fields.note(
            item.position,
            "the event is of namespace \(namespace), those before of \(namespaceID); a case is "
              + "about one"
          )
        }
        namespaceID = namespaceID ?? namespace
      }
      if let problem = state.foldProblem(fact) {
        fields.note(item.position, "the event cannot follow those before: \(problem)")
      }
      state.evolve(fact)
      facts.append(fact)
    }
    return facts.count == items.count ? facts : nil
  }

  private mutating func expectation(_ node: YAMLNode) -> Eligibility? {
    guard
      let map = fields.fields(node, "expect", required: ["types"], optional: ["valid_until"])
    else { return nil }
    let types = map["types"].flatMap { expectedTypes($0) }
    var validUntil: CalendarDate?
    if let node = map["valid_until"], node.content != .text("never") {
      guard let date = fields.value(node, "valid_until", form: "a date or never", read) else {
        return nil
      }
      validUntil = date
    }
    return types.map { Eligibility(types: $0, validUntil: validUntil) }
  }

  private mutating func expectedTypes(_ node: YAMLNode) -> [TrialType]? {
    if case .list([]) = node.content { return [] }
    return fields.names(node, "types") { reader, item in
      reader.value(item, "a trial type", form: RuleSetReader.trialTypeForm) { TrialType($0) }
    }?.map(\.name)
  }

  /// A date as `YYYY-MM-DD`.
  mutating func date(_ node: YAMLNode, _ what: String) -> CalendarDate? {
    fields.value(node, what, form: "a date like 2026-02-10, from 1970-01-01 to 2149-06-06", read)
  }

  private func read(_ text: String) -> CalendarDate? { CalendarDate(text) }
}
