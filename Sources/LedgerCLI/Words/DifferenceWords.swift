import TrialLedger

/// Who gains and who loses what, in lines for a person.
///
/// `name` is what the second set was given as; it tells two sets of the same id apart.
func differenceLines(
  _ difference: RulesDifference,
  name: String,
  for terminal: Terminal
) -> [String] {
  let days =
    difference.dayCount == 1
    ? "on \(difference.firstDay)"
    : "from \(difference.firstDay) to \(difference.lastDay)"
  let known = counted(difference.position, "event")
  let isSameID = difference.from.rules.id == difference.to.rules.id
  let isOther = isSameID && difference.from.sha256 != difference.to.sha256
  let second = isOther ? printable(name) : difference.to.rules.id.text
  let change = "\(difference.from.rules.id) \(terminal.arrow) \(second)"
  let newID = "(same id, other content: needs a new id before it can be activated)"
  var lines = [
    terminal.paint(change, .strong) + (isOther ? " " + terminal.paint(newID, .warning) : ""),
    terminal.paint("\(days), \(known) known", .faint),
    verdict(difference, terminal),
  ]
  lines += unknownLines(difference, terminal)
  guard difference.changedNamespaceCount > 0 else { return lines }
  lines +=
    [""]
    + countTable("TRIAL TYPE", difference.byType.map { ($0.type.code, $0.count) })
    .lines(for: terminal)
  lines += [""]
  lines += countTable(
    difference.dayCount == 1 ? "PLAN" : "PLAN ON \(difference.firstDay)",
    difference.byPlan.map { ($0.plan.code, $0.count) }
  ).lines(for: terminal)
  lines += chartLines(difference, terminal)
  lines += reasonLines(difference, terminal)
  return lines
}

private func verdict(_ difference: RulesDifference, _ terminal: Terminal) -> String {
  let all = counted(difference.namespaceCount, "namespace")
  guard difference.changedNamespaceCount > 0 else {
    return terminal.paint("no list changes", .good) + " of \(all)"
  }
  let percent =
    Double(difference.changedNamespaceCount) / Double(max(1, difference.namespaceCount)) * 100
  let gains = terminal.paint(counted(difference.total.gains, "gain"), .good)
  let losses =
    difference.total.losses == 1 ? "1 loss" : "\(grouped(difference.total.losses)) losses"
  return "the lists of \(grouped(difference.changedNamespaceCount)) of \(all) "
    + "(\(decimal(percent, digits: 1)) %) change: \(gains), \(terminal.paint(losses, .bad))"
}

private func unknownLines(_ difference: RulesDifference, _ terminal: Terminal) -> [String] {
  var parts: [String] = []
  if !difference.gainsOfUnknown.isEmpty {
    parts.append("gains " + difference.gainsOfUnknown.map(\.code).joined(separator: ", "))
  }
  if !difference.lossesOfUnknown.isEmpty {
    parts.append("loses " + difference.lossesOfUnknown.map(\.code).joined(separator: ", "))
  }
  if parts.isEmpty { return [] }
  return wrapped(
    "a namespace without events, counted nowhere, " + parts.joined(separator: " and "),
    to: terminal.columnCount ?? Terminal.pictureColumnCountDefault
  )
}

private func countTable(_ title: String, _ rows: [(String, RulesDifference.Count)]) -> Table {
  var table = Table([
    Table.Column(title), Table.Column("GAIN", .right), Table.Column("LOSE", .right),
  ])
  for (name, count) in rows where count.sum > 0 {
    table.append([
      Table.Cell(name),
      Table.Cell(count.gains == 0 ? "-" : grouped(count.gains), count.gains == 0 ? .faint : .good),
      Table.Cell(
        count.losses == 0 ? "-" : grouped(count.losses),
        count.losses == 0 ? .faint : .bad
      ),
    ])
  }
  return table
}

// MARK: - By day

private let chartRowCountMax = 16

/// Bars for the days on which gains and losses begin; so many days a row that it fits the eye.
private func chartLines(_ difference: RulesDifference, _ terminal: Terminal) -> [String] {
  guard difference.dayCount > 1 else { return [] }
  let step = daysPerRow(difference.dayCount)
  let rowCount = (difference.dayCount + step - 1) / step
  var rows = (0..<rowCount).map { index in
    BarChart.Row(
      label: difference.firstDay.adding(days: index * step)?.description ?? "",
      left: 0,
      right: 0
    )
  }
  for (day, count) in difference.byDay {
    let index = day.days(since: difference.firstDay) / step
    rows[index].left += count.losses
    rows[index].right += count.gains
  }
  let title =
    step == 1
    ? "By the day on which it begins:" : "By the day on which it begins, \(step) days a row:"
  let chart = BarChart(leftTitle: "LOSE", rightTitle: "GAIN", rows: rows)
  return ["", title] + chart.lines(for: terminal)
}

/// Days, weeks or about months and years.
private func daysPerRow(_ dayCount: Int) -> Int {
  for step in [1, 2, 7, 14, 30, 91, 182, 365, 1_826] where dayCount <= step * chartRowCountMax {
    return step
  }
  return (dayCount + chartRowCountMax - 1) / chartRowCountMax
}

// MARK: - Why

private let reasonCountMax = 12

private func reasonLines(_ difference: RulesDifference, _ terminal: Terminal) -> [String] {
  var lines = ["", "Why, by the condition that decides on the first day:"]
  let width = terminal.columnCount ?? Terminal.pictureColumnCountDefault
  for reason in difference.byReason.prefix(reasonCountMax) {
    let isGain = reason.direction == .gain
    let count = isGain ? counted(reason.count, "gain") : losses(reason.count)
    lines.append(
      "\(terminal.paint(count, isGain ? .good : .bad)) of "
        + terminal.paint(reason.type.code, .strong)
    )
    for line in wrapped(words(reason, difference), to: max(20, width - 4)) {
      lines.append("    " + line)
    }
    let samples = reason.samples.map { sample in
      difference.dayCount == 1
        ? "\(sample.namespaceID)" : "\(sample.namespaceID) \(span(sample, difference))"
    }
    for line in wrapped("such as " + samples.joined(separator: ", "), to: max(20, width - 4)) {
      lines.append("    " + terminal.paint(line, .faint))
    }
  }
  let rest = difference.byReason.count - reasonCountMax
  if rest > 0 { lines.append("and \(rest) more, which --json and --csv FILE show") }
  return lines
}

private func losses(_ count: Int) -> String {
  count == 1 ? "1 loss" : "\(grouped(count)) losses"
}

private func words(_ reason: RulesDifference.Reason, _ difference: RulesDifference) -> String {
  let isGain = reason.direction == .gain
  guard let leaf = reason.leaf else {
    return isGain
      ? "\(difference.from.rules.id) does not have the type"
      : "\(difference.to.rules.id) no longer has the type"
  }
  let place = leaf.path.isEmpty ? "its condition" : leaf.path
  let code = leaf.refuseAs.map { ", as \($0)" } ?? ""
  let verb = isGain ? "refused it" : "refuses it"
  return "\(leaf.rulesID) \(verb) at \(place)\(code): \(leaf.words)"
}

private func span(_ change: RulesDifference.Change, _ difference: RulesDifference) -> String {
  // What lies behind the last day was not asked.
  if change.lastDay == difference.lastDay { return "from \(change.firstDay) on" }
  if change.firstDay == change.lastDay { return "on \(change.firstDay)" }
  return "from \(change.firstDay) to \(change.lastDay)"
}
