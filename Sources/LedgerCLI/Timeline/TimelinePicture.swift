import LedgerCore

/// Draws a timeline as lines of text: months, plans in force, trials, events.
struct TimelinePicture {
  private let timeline: Timeline
  private let terminal: Terminal
  private let glyphs: TimelineGlyphs
  private let axis: TimelineAxis
  private let gutterCount: Int
  private var canvas: TimelineCanvas
  private var labels: [String] = []

  /// The narrowest and the widest picture, in columns.
  static let columnCounts = 60...200
  private static let gutterCountMax = 30

  /// The lines of `timeline`, as wide as the terminal allows.
  static func lines(of timeline: Timeline, for terminal: Terminal) -> [String] {
    var picture = TimelinePicture(timeline, terminal)
    picture.draw()
    return picture.lines
  }

  private init(_ timeline: Timeline, _ terminal: Terminal) {
    self.timeline = timeline
    self.terminal = terminal
    glyphs = terminal.hasUnicode ? .unicode : .ascii
    let wanted = terminal.columnCount ?? Terminal.pictureColumnCountDefault
    let width = min(max(wanted, Self.columnCounts.lowerBound), Self.columnCounts.upperBound)
    let names = timeline.trials.map { $0.type.code.utf8.count + ($0.isReactivated ? 2 : 0) }
    gutterCount = min(max(names.max() ?? 0, 6), Self.gutterCountMax, width / 3) + 2
    axis = TimelineAxis(start: timeline.start, end: timeline.end, columnCount: width - gutterCount)
    canvas = TimelineCanvas(columnCount: axis.columnCount)
  }

  private var lines: [String] {
    let rows = (0..<canvas.rowCount).map { row in
      let label = labels[row]
      let line = canvas.line(row, for: terminal)
      if line.isEmpty { return label }
      return padded(label, to: gutterCount) + line
    }
    return rows + legend.map { terminal.paint($0, .faint) }
  }

  private mutating func draw() {
    drawAxis()
    let first = canvas.rowCount
    drawPlans()
    for trial in timeline.trials { draw(trial) }
    drawMarkers()
    drawToday(from: first)
  }

  private mutating func addRow(_ label: String) -> Int {
    labels.append(label)
    return canvas.addRow()
  }

  private mutating func drawAxis() {
    let names = addRow("")
    let rule = addRow("")
    canvas.fill(0..<axis.columnCount, row: rule, with: glyphs.rule, tint: .faint)
    for tick in axis.ticks {
      canvas.put(tick.label, row: names, column: tick.column, tint: .faint)
      canvas.put(String(glyphs.tick), row: rule, column: tick.column, tint: .faint)
    }
  }

  private mutating func drawPlans() {
    let names = addRow("")
    let bar = addRow("plan")
    for (index, segment) in timeline.plans.enumerated() {
      let columns = axis.columns(from: segment.startsOn, to: segment.endsOn)
      let tint: Tint = segment.isPaid ? .accent : .faint
      canvas.fill(
        columns,
        row: bar,
        with: segment.isPaid ? glyphs.paidPlan : glyphs.unpaidPlan,
        tint: tint
      )
      if segment.goesOn {
        canvas.put(String(glyphs.goesOn), row: bar, column: axis.columnCount - 1, tint: tint)
      } else if index + 1 < timeline.plans.count, segment.isPaid, columns.count > 1 {
        // Two paid plans in a row show where one ends.
        let edge = columns.upperBound - 1
        canvas.put(String(glyphs.paidPlanEdge), row: bar, column: edge, tint: tint)
      }
      // A name too long for its stretch is cut; the table below has it in full.
      if columns.count >= 3 {
        let room = columns.count - (index + 1 < timeline.plans.count ? 1 : 0)
        let name = clipped(segment.plan.code, to: room, unicode: terminal.hasUnicode)
        canvas.put(name, row: names, column: columns.lowerBound, tint: tint)
      }
    }
  }

  private mutating func draw(_ trial: Timeline.TrialBar) {
    let sign = trial.isReactivated ? glyphs.reactivated : ""
    let room = gutterCount - 2 - sign.count
    let row = addRow(sign + clippedInside(trial.type.code, to: room, unicode: terminal.hasUnicode))
    if let cutFrom = trial.cutFrom, cutFrom > trial.endsOn {
      canvas.fill(
        axis.columns(from: trial.endsOn, to: cutFrom),
        row: row,
        with: glyphs.cut,
        tint: .faint
      )
    }
    if trial.endsOn > trial.baseEndsOn {
      canvas.fill(
        axis.columns(from: trial.baseEndsOn, to: trial.endsOn),
        row: row,
        with: glyphs.extended,
        tint: .second
      )
    }
    if trial.baseEndsOn > trial.startsOn {
      canvas.fill(
        axis.columns(from: trial.startsOn, to: trial.baseEndsOn),
        row: row,
        with: glyphs.trial,
        tint: .good
      )
    }
    if trial.endCause != nil {
      let column = min(axis.column(of: trial.endsOn), axis.columnCount - 1)
      canvas.put(String(glyphs.endedEarly), row: row, column: column, tint: .bad)
    }
  }

  private mutating func drawMarkers() {
    let columns = timeline.eventDates.map { min(axis.column(of: $0), axis.columnCount - 1) }
    let placed = TimelineMarkers(columns: columns, columnCount: axis.columnCount)
    let first = canvas.rowCount
    for row in 0..<placed.rowCount { _ = addRow(row == 0 ? "events" : "") }
    for marker in placed.markers {
      canvas.put(marker.label, row: first + marker.row, column: marker.column, tint: .strong)
    }
  }

  private mutating func drawToday(from first: Int) {
    let column = min(axis.column(of: timeline.today), axis.columnCount - 1)
    canvas.underlay(
      glyphs.today,
      rows: first..<canvas.rowCount,
      column: column,
      tint: .warning
    )
    let row = addRow("")
    let label = "\(glyphs.todayMark) \(timeline.today)"
    if column + label.count <= axis.columnCount {
      canvas.put(label, row: row, column: column, tint: .warning)
    } else {
      let flipped = "\(timeline.today) \(glyphs.todayMark)"
      canvas.put(flipped, row: row, column: column + 1 - flipped.count, tint: .warning)
    }
  }

  /// What the characters in the picture mean; only those that stand in it.
  private var legend: [String] {
    var entries: [String] = []
    if timeline.plans.contains(where: \.isPaid) { entries.append("\(glyphs.paidPlan) paid plan") }
    if timeline.plans.contains(where: { !$0.isPaid }) {
      entries.append("\(glyphs.unpaidPlan) unpaid plan")
    }
    if !timeline.trials.isEmpty { entries.append("\(glyphs.trial) trial") }
    if timeline.trials.contains(where: { $0.endsOn > $0.baseEndsOn }) {
      entries.append("\(glyphs.extended) extension")
    }
    if timeline.trials.contains(where: { $0.endCause != nil }) {
      entries.append("\(glyphs.endedEarly) ended early")
    }
    if timeline.trials.contains(where: \.isReactivated) {
      entries.append("\(glyphs.reactivated)granted again")
    }
    var lines: [String] = []
    for entry in entries {
      if let last = lines.last, last.count + 3 + entry.count <= gutterCount + axis.columnCount {
        lines[lines.count - 1] = last + "   " + entry
      } else {
        lines.append(entry)
      }
    }
    return lines
  }
}
