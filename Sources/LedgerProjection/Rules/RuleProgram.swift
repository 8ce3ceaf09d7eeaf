import LedgerCore

/// The `eligible_when` of every type of one rule set, as tables over packed entries.
///
/// The leaves of all the trees, each different one once, are bits of a word: one pass over a
/// namespace's entries says which are true on a date, and a table (or, with many leaves, a small
/// postfix program) turns that word into the set of types. Everything that depends on a trial type
/// or a plan is a row of bits per code.
///
/// Sketch: 5 to 8 entries a namespace, one row (40 bytes, in the first-level cache) each, one look
/// into a table of 2 to 32 KiB; no allocation.
struct RuleProgram: Sendable {
  /// The most leaves, and the most types: bits of a word.
  static let leafCountMax = 64
  /// The most leaves that need a running value, `trial_count` and `days_since`.
  static let accumulatorCountMax = 8
  /// Up to so many leaves every combination is worked out beforehand.
  static let tabulatedLeafCountMax = 12
  private static let depthMax = 60

  /// What one code means to the leaves.
  struct Row: Sendable {
    /// The leaves that are true when it is the plan in force.
    var inForce: UInt64 = 0
    /// The leaves that are true once a period of this plan has started.
    var everInForce: UInt64 = 0
    /// The leaves that are true when a record of this type is visible.
    var recorded: UInt64 = 0
    /// The leaves that are true when a record of this type is active.
    var active: UInt64 = 0
    /// The accumulators that a visible record of this type goes into.
    var accumulators: UInt64 = 0
  }

  /// What an entry means to the leaves, by its upper byte: its kind and small code.
  struct TagRow: Sendable {
    /// The leaves that are true once it has begun.
    var past: UInt64 = 0
    /// The leaves that are true while it runs.
    var active: UInt64 = 0
    /// While it runs, the leaves of the plan that stay as they were, and those that are true.
    var keptPlan = UInt64.max
    var plan: UInt64 = 0
    /// The accumulators it goes into.
    var accumulators: UInt64 = 0
    /// 1 for an extension, 2^32 for a reactivation.
    var used: UInt64 = 0
    /// Whether its end is none.
    var isExtension = false
    /// Whether the code stands behind.
    var isBehind = false
  }

  /// A leaf with a running value over records.
  struct Accumulator: Sendable {
    enum Kind: Sendable { case count, latestStart, latestEnd }
    var kind: Kind
    var leaf: UInt64
    /// The most records, or the least days.
    var bound: Int
  }

  /// A leaf that bounds the number of extensions, reactivations or both.
  struct Grants: Sendable {
    var extensions: Bool
    var reactivations: Bool
    var atMost: Int
    var leaf: UInt64
  }

  /// By code; see ``Row``.
  private(set) var rows: [Row] = []
  /// By the upper byte of a word; see ``TagRow``.
  private(set) var tagRows = [TagRow](repeating: TagRow(), count: 256)
  /// The leaves that are true when the fallback plan is in force.
  private(set) var fallback: UInt64 = 0
  /// The leaves that the bits above say the opposite of.
  private(set) var inverted: UInt64 = 0
  private(set) var accumulators: [Accumulator] = []
  /// The types of each of ``accumulators``; apart, so that evaluation counts no references.
  private var accumulated: [TypeSelection] = []
  private(set) var grants: [Grants] = []
  /// By combination of leaves, the types; empty when there are too many.
  private(set) var table: [UInt64] = []

  /// The different leaves, by the number of their bit.
  private(set) var leaves: [Condition.Test] = []
  /// Postfix: a leaf's number, or one of the three below.
  private var postfix: [UInt8] = []
  /// Where each type's code ends in ``postfix``.
  private var ends: [Int] = []
  private let plans: RuleSet.Plans

  private static let and: UInt8 = 64
  private static let or: UInt8 = 65
  private static let not: UInt8 = 66

  /// The program of `rules`, or `nil` when they are larger than the tables allow; then the slow way
  /// answers.
  init?(_ rules: RuleSet) {
    guard rules.trialTypes.count <= 64 else { return nil }
    plans = rules.plans
    for type in rules.trialTypes {
      guard compile(type.eligibleWhen, depth: 0) else { return nil }
      ends.append(postfix.count)
    }
    for (number, leaf) in leaves.enumerated() {
      guard addAccumulator(leaf, bit: 1 << UInt64(number)) else { return nil }
    }
    fallback = row(plan: rules.plans.fallback.code).inForce
    guard leaves.count <= Self.tabulatedLeafCountMax else { return }
    table = (0..<(1 << leaves.count)).map { run(UInt64($0)) }
  }

  /// Works out the rows of `codes`, of which those before were worked out before.
  mutating func addRows(_ codes: [String]) {
    for code in codes[rows.count...] {
      rows.append(row(plan: code))
      let number = UInt32(rows.count) - 1
      guard number < Entry.escape else { continue }
      for kind in 0..<UInt32(8) {
        let word = Entry.word(kind: kind, code: number, first: 0, length: 0)
        tagRows[Int(word >> 24)] = tagRow(kind, rows[Int(number)])
      }
    }
    for kind in 0..<UInt32(8) {
      let word = Entry.word(kind: kind, code: Entry.escape, first: 0, length: 0)
      tagRows[Int(word >> 24)].isBehind = true
    }
  }

  /// What an entry of that kind and code means.
  func tagRow(_ kind: UInt32, _ row: Row) -> TagRow {
    switch kind {
    case Entry.Kind.plan:
      return TagRow(past: row.everInForce, keptPlan: 0, plan: row.inForce)
    case Entry.Kind.extension: return TagRow(used: 1, isExtension: true)
    default:
      return TagRow(
        past: row.recorded,
        active: row.active,
        accumulators: row.accumulators,
        used: kind >= Entry.Kind.reactivated ? 1 << 32 : 0
      )
    }
  }

  /// The types that are eligible when exactly `leaves` are true.
  @inline(__always)
  func types(_ leaves: UInt64) -> UInt64 {
    table.isEmpty ? run(leaves) : table[Int(truncatingIfNeeded: leaves)]
  }

  @inline(never)
  private func run(_ leaves: UInt64) -> UInt64 {
    var types: UInt64 = 0
    var start = 0
    for (type, end) in ends.enumerated() {
      // The bits of a word as a stack, its top at bit 0.
      var stack: UInt64 = 0
      for index in start..<end {
        switch postfix[index] {
        case Self.and: stack = (stack & 1) & (stack >> 1) | (stack >> 1) & ~1
        case Self.or: stack = (stack & 1) | (stack >> 1)
        case Self.not: stack ^= 1
        case let leaf: stack = stack << 1 | (leaves >> UInt64(leaf)) & 1
        }
      }
      types |= (stack & 1) << UInt64(type)
      start = end
    }
    return types
  }

  // MARK: - Compiling

  private mutating func compile(_ condition: Condition, depth: Int) -> Bool {
    guard depth < Self.depthMax else { return false }
    switch condition.test {
    case .all(let children): return compile(children, joined: Self.and, depth: depth)
    case .any(let children): return compile(children, joined: Self.or, depth: depth)
    case .not(let child):
      guard compile(child, depth: depth + 1) else { return false }
      postfix.append(Self.not)
      return true
    case let leaf:
      guard let number = number(of: leaf) else { return false }
      postfix.append(number)
      return true
    }
  }

  private mutating func compile(
    _ children: [Condition],
    joined by: UInt8,
    depth: Int
  ) -> Bool {
    for (index, child) in children.enumerated() {
      guard compile(child, depth: depth + 1) else { return false }
      if index > 0 { postfix.append(by) }
    }
    return !children.isEmpty
  }

  private mutating func number(of leaf: Condition.Test) -> UInt8? {
    if let number = leaves.firstIndex(of: leaf) { return UInt8(number) }
    guard leaves.count < Self.leafCountMax else { return nil }
    leaves.append(leaf)
    return UInt8(leaves.count - 1)
  }

  private mutating func addAccumulator(_ leaf: Condition.Test, bit: UInt64) -> Bool {
    switch leaf {
    case .everPaid(false): inverted |= bit
    case .trialCount(let types, let atMost):
      accumulators.append(Accumulator(kind: .count, leaf: bit, bound: atMost))
      accumulated.append(types)
    case .daysSince(let moment, let types, let atLeast):
      let kind: Accumulator.Kind = moment == .trialStart ? .latestStart : .latestEnd
      accumulators.append(Accumulator(kind: kind, leaf: bit, bound: atLeast))
      accumulated.append(types)
    case .extensionsUsed(let atMost):
      grants.append(Grants(extensions: true, reactivations: false, atMost: atMost, leaf: bit))
    case .reactivationsUsed(let atMost):
      grants.append(Grants(extensions: false, reactivations: true, atMost: atMost, leaf: bit))
    case .extensionsAndReactivationsUsed(let atMost):
      grants.append(Grants(extensions: true, reactivations: true, atMost: atMost, leaf: bit))
    default: break
    }
    return accumulators.count <= Self.accumulatorCountMax
  }

  /// The row of a code, which may name a plan, a trial type or both.
  private func row(plan code: String) -> Row {
    let isPaid = plans.paid.contains { $0.code == code }
    var row = Row()
    for (number, leaf) in leaves.enumerated() {
      let bit: UInt64 = 1 << UInt64(number)
      switch leaf {
      case .planIn(let listed):
        if listed.contains(where: { $0.code == code }) { row.inForce |= bit }
      case .paid(let wanted):
        if isPaid == wanted { row.inForce |= bit }
      case .everPaid:
        if isPaid { row.everInForce |= bit }
      case .hasTrialed(let types):
        if types.contains(code: code) { row.recorded |= bit }
      case .activeTrial(let types):
        if types.contains(code: code) { row.active |= bit }
      default: break
      }
    }
    for (number, types) in accumulated.enumerated() where types.contains(code: code) {
      row.accumulators |= 1 << UInt64(number)
    }
    return row
  }
}

extension TypeSelection {
  fileprivate func contains(code: String) -> Bool {
    switch self {
    case .any: true
    case .types(let types): types.contains { $0.code == code }
    }
  }
}
