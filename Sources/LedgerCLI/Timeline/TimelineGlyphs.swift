/// The characters that a timeline is drawn with: lines for plans, blocks for trials.
struct TimelineGlyphs: Sendable {
  let paidPlan: Character
  let paidPlanEdge: Character
  let unpaidPlan: Character
  let trial: Character
  let extended: Character
  let cut: Character
  let endedEarly: Character
  let goesOn: Character
  let today: Character
  let todayMark: Character
  let rule: Character
  let tick: Character
  let reactivated: String

  /// Blocks and lines of Unicode.
  static let unicode = TimelineGlyphs(
    paidPlan: "━",
    paidPlanEdge: "╸",
    unpaidPlan: "┄",
    trial: "█",
    extended: "▒",
    cut: "·",
    endedEarly: "✕",
    goesOn: "▶",
    today: "┊",
    todayMark: "▲",
    rule: "─",
    tick: "┬",
    reactivated: "↻ "
  )

  /// Characters that every terminal has.
  static let ascii = TimelineGlyphs(
    paidPlan: "=",
    paidPlanEdge: "|",
    unpaidPlan: "-",
    trial: "#",
    extended: "+",
    cut: ".",
    endedEarly: "x",
    goesOn: ">",
    today: ":",
    todayMark: "^",
    rule: "-",
    tick: "+",
    reactivated: "@ "
  )
}
