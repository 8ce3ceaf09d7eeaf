package import LedgerCore

/// What lint has to say about a rule file.
package struct LintReport: Sendable {
  /// What makes it no rule file, in the order of the text.
  package let errors: [TextProblem]
  /// What is probably not meant, in the order of the text; none where there are errors.
  package let warnings: [TextProblem]
}

extension RuleFile {
  /// The largest event, in bytes of its canonical JSON.
  static let eventByteCountMax = 65_535

  /// Says what is wrong with a rule file, and what is probably not meant.
  ///
  /// - Parameters:
  ///   - bytes: The file, not trusted.
  ///   - knownTypes: The trial types that the sets of the ledger define.
  /// - Returns: Errors, or warnings, or neither.
  package static func lint(_ bytes: [UInt8], knownTypes: Set<TrialType> = []) -> LintReport {
    let file: RuleFile
    do throws(RuleFileError) {
      file = try parse(bytes)
    } catch {
      return LintReport(errors: error.problems, warnings: [])
    }
    let byteCount = eventByteCount(bytes, file.rules.id)
    if byteCount > eventByteCountMax {
      let message =
        "the event that activates this file could have \(byteCount) bytes, \(eventByteCountMax) "
        + "are the most; save bytes, also by fewer lines, quotes and backslashes, which count twice"
      return LintReport(errors: [TextProblem(.start, message)], warnings: [])
    }
    return LintReport(errors: [], warnings: file.warnings(knownTypes))
  }

  /// The most bytes that the `rules_activated` event of a file can have in canonical JSON.
  ///
  /// Quotes, backslashes, tabs and line breaks are two bytes in a JSON string; other control
  /// characters no rule file has. The metadata is taken at its largest.
  private static func eventByteCount(_ text: [UInt8], _ id: RulesID) -> Int {
    let escaped = text.count { byte in
      byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
    // Every name with its quotes, colon and comma, the braces and the fixed values.
    let names = [
      "position", "namespace_id", "version", "type", "recorded_at", "actor", "user_id", "role",
      "command_id", "reason", "source", "rules_id", "rules_sha256", "rules",
    ]
    let nameByteCount = names.reduce(0) { $0 + $1.utf8.count + 4 } + 6
    let numberByteCount = 3 * 19 + 1
    let textByteCount = 2 + 15 + 2 + 24 + 2 + 7 + 2 + 64 + 2 + 64
    let entryByteCount =
      Metadata.sourceKeyByteCountMax + 2 * Metadata.sourceValueByteCountMax + 6
    let metadataByteCount =
      2 * Metadata.reasonByteCountMax + 2 + Metadata.sourceEntryCountMax * entryByteCount
    return nameByteCount + numberByteCount + textByteCount + metadataByteCount
      + id.text.utf8.count + 2 + text.count + escaped + 2
  }

  private func warnings(_ knownTypes: Set<TrialType>) -> [TextProblem] {
    // What an alias repeats is said once.
    var warnings: Set<TextProblem> = []
    for (type, position) in namedTypes
    where rules.rule(of: type) == nil && !knownTypes.contains(type) {
      warnings.insert(
        TextProblem(position, "no rule set defines the trial type '\(type)'; is it misspelt?")
      )
    }
    for rule in conditions { warnings.formUnion(codeWarnings(rule.condition)) }
    warnings.formUnion(uselessWarnings())
    return warnings.sorted { left, right in
      (left.position, left.message) < (right.position, right.message)
    }
  }

  private func codeWarnings(_ node: LocatedCondition) -> [TextProblem] {
    var warnings = node.children.flatMap { codeWarnings($0) }
    if let code = node.condition.refuseAs, RefusalCode(rawValue: code) != nil,
      let position = node.refuseAsPosition
    {
      warnings.append(
        TextProblem(
          position,
          "the ledger itself refuses with '\(code)'; another code tells the two apart"
        )
      )
    }
    return warnings
  }

  /// What the search for useless conditions found, but for conditions that an alias repeats and that
  /// are of use elsewhere.
  private func uselessWarnings() -> [TextProblem] {
    var budget = UselessConditions.nodeCountMax
    var typeWarnings: [TextProblem] = []
    var nodeWarnings: [TextProblem] = []
    var uses: [TextPosition: Int] = [:]
    var uselessUses: [TextPosition: Int] = [:]
    for rule in conditions {
      rule.condition.forEachNode { uses[$0.position, default: 0] += 1 }
      let found = UselessConditions(in: rule.condition.condition, rules.plans, budget: &budget)
      if case .trialType(let type) = rule.subject, found.constant == false {
        typeWarnings.append(
          TextProblem(rule.position, "nobody can ever be eligible for '\(type)'")
        )
        continue
      }
      for (node, message) in uselessNodes(of: rule.condition, found) {
        node.forEachNode { uselessUses[$0.position, default: 0] += 1 }
        nodeWarnings.append(TextProblem(node.position, message))
      }
    }
    return typeWarnings + nodeWarnings.filter { uses[$0.position] == uselessUses[$0.position] }
  }

  private func uselessNodes(
    of root: LocatedCondition,
    _ found: UselessConditions
  ) -> [(node: LocatedCondition, message: String)] {
    if let constant = found.constant {
      return [(root, "this condition is always \(constant), so it can never change an answer")]
    }
    return found.removable.map { path in
      let node = path.reduce(root) { $0.children[$1] }
      return (node, "this condition can never change an answer: \(node.condition)")
    }
  }
}

extension LocatedCondition {
  /// Calls `body` with the node and all inside of it.
  fileprivate func forEachNode(_ body: (LocatedCondition) -> Void) {
    body(self)
    for child in children { child.forEachNode(body) }
  }
}
