import TrialLedger

/// Why a namespace may or may not start each type, in lines for a person.
func explanationLines(_ explanation: Explanation, for terminal: Terminal) -> [String] {
  var lines = [
    terminal.paint("namespace \(explanation.namespaceID)", .strong),
    terminal.paint(basisLine(explanation.basis), .faint),
  ]
  if let parent = explanation.state.parent {
    lines += ["", "It is a subgroup of \(parent), and a subgroup may start nothing."]
  }
  var words: [Int: String] = [:]
  for event in explanation.events {
    words[event.position] = event.fact.words(recordedOn: event.recordedAt.date)
  }
  for entry in explanation.entries {
    let name = terminal.paint(entry.type.code, .strong)
    let verdict =
      entry.isEligible
      ? (entry.isActive ? "may be started again when it is over" : "may be started")
      : "may not be started"
    lines += ["", "\(terminal.mark(entry.isEligible)) \(name): \(verdict)"]
    appendTree(entry.condition, depth: 1, words, terminal, to: &lines)
  }
  return lines
}

private func appendTree(
  _ node: ExplainedCondition,
  depth: Int,
  _ words: [Int: String],
  _ terminal: Terminal,
  to lines: inout [String]
) {
  let indent = String(repeating: "  ", count: depth)
  let text = node.children.isEmpty ? node.condition.description : node.condition.key
  let since = node.since.map { "since \($0)" }
  let until = node.until.map { "until \($0)" }
  let span = [since, until].compactMap(\.self).joined(separator: ", ")
  // A code says what a false node refuses by.
  let code = node.value ? nil : node.condition.refuseAs
  lines.append(
    "\(indent)\(terminal.mark(node.value)) \(text)\(code.map { ": \($0)" } ?? "")  "
      + terminal.paint("(\(span.isEmpty ? "always" : span))", .faint)
  )
  for position in node.positions {
    let what = words[position].map { ": \($0)" } ?? ""
    lines.append(
      indent + "    " + terminal.paint("event \(position)\(what)", .faint)
    )
  }
  for child in node.children {
    appendTree(child, depth: depth + 1, words, terminal, to: &lines)
  }
}
