import LedgerCore
import LedgerProjection
import LedgerTestSupport
import Testing

@Suite("Rule comparison")
struct RuleComparisonTests {
  /// Both sets asked about every namespace, type and day, by the model that was written from the
  /// specification alone.
  @Test(.tags(.property), arguments: seeds(24))
  func `finds what asking both sets about every day finds`(seed: UInt64) throws {
    var world = RandomWorld(
      seed: seed,
      namespaceCount: 12,
      typeCount: 4,
      spread: RandomWorld.Spread.allCases[Int(seed % 4)]
    )
    let (view, entries) = history(&world, eventCount: 150)
    for round in 0..<3 {
      // More than 64 types, or 8 counting leaves, are beyond the fast way.
      let isLarge = round == 2 && seed % 3 == 0
      let (from, to) = pair(&world, typeCount: isLarge ? 66 : 1 + world.below(5))
      let first = world.date()
      let dayCount = isLarge ? world.below(4) : [0, 1, world.below(60)][round]
      let last = first.adding(days: dayCount) ?? .last
      let comparison = RuleComparison(
        from: from,
        to: to,
        first: first,
        last: last,
        codes: view.codes
      )
      let found = changes(view, comparison)
      let expected = modelChanges(entries, comparison)
      #expect(found.map { ChangeRow(comparison, $0) } == expected, "round \(round)")
      expectReasons(found, comparison, entries)
      expectCounts(view, comparison, found, entries)
    }
  }

  @Test(arguments: seeds(8))
  func `finds more of the same with more days, and nothing between equal sets`(
    seed: UInt64
  ) throws {
    var world = RandomWorld(seed: seed, namespaceCount: 40, typeCount: 4, spread: .mixed)
    let (view, _) = history(&world, eventCount: 300)
    let (from, to) = pair(&world, typeCount: 4)
    let first = world.date()
    var before: [RuleChange] = []
    for days in [0, 1, 5, 30, 1_000, 65_535] {
      let last = first.adding(days: days) ?? .last
      let comparison = RuleComparison(
        from: from,
        to: to,
        first: first,
        last: last,
        codes: view.codes
      )
      let now = changes(view, comparison)
      for change in before {
        let later = now.first { $0.id == change.id && sameKind($0, change, comparison) }
        #expect(later?.first == change.first)
        #expect(later.map { $0.last >= change.last && $0.dayCount >= change.dayCount } == true)
        #expect(later?.reason == change.reason)
      }
      before = now
      let same = RuleComparison(from: to, to: to, first: first, last: last, codes: view.codes)
      #expect(changes(view, same).isEmpty)
      #expect(same.ofStrangers.gains.isEmpty && same.ofStrangers.losses.isEmpty)
    }
  }

  /// Two projections folded anew from the log, each with all of its answers worked out by one set.
  @Test(arguments: seeds(12))
  func `sums up to the difference of two full rebuilds`(seed: UInt64) throws {
    var world = RandomWorld(seed: seed, namespaceCount: 150, typeCount: 5, spread: .mixed)
    let (view, entries) = history(&world, eventCount: 800)
    let (from, to) = pair(&world, typeCount: 5)
    let first = world.date()
    let last = first.adding(days: world.below(3)) ?? .last
    let comparison = RuleComparison(
      from: from,
      to: to,
      first: first,
      last: last,
      codes: view.codes
    )
    var (gains, losses): (Set<[Int]>, Set<[Int]>) = ([], [])
    for day in first.dayNumber...last.dayNumber {
      let date = CalendarDate(dayNumber: day)
      let (old, new) = (rebuilt(entries, from, date), rebuilt(entries, to, date))
      for (number, type) in comparison.types.enumerated() {
        for id in entries.keys {
          let before = old[id]?.contains(type) ?? false
          let after = new[id]?.contains(type) ?? false
          if after, !before { gains.insert([Int(id.rawValue), number]) }
          if before, !after { losses.insert([Int(id.rawValue), number]) }
        }
      }
    }
    let rows = changes(view, comparison).map { ChangeRow(comparison, $0) }
    #expect(Set(rows.filter(\.isGain).map { [Int($0.id), $0.type] }) == gains)
    #expect(Set(rows.filter { !$0.isGain }.map { [Int($0.id), $0.type] }) == losses)
    let counted = counts(view, comparison, .one)
    #expect(counted?.byType.reduce(0) { $0 + $1.gains } == gains.count)
    #expect(counted?.byType.reduce(0) { $0 + $1.losses } == losses.count)
  }

  /// Whatever the threads: the same counts and samples, and changes by ascending id.
  @Test func `does not depend on the threads, and ends when told to`() throws {
    var world = RandomWorld(seed: 3, namespaceCount: 900, typeCount: 4, spread: .mixed)
    let (view, _) = history(&world, eventCount: 3_000)
    let (from, to) = pair(&world, typeCount: 4)
    let first = world.date()
    let last = first.adding(days: 30) ?? .last
    let comparison = RuleComparison(
      from: from,
      to: to,
      first: first,
      last: last,
      codes: view.codes
    )
    let all = changes(view, comparison)
    #expect(all.map(\.id) == all.map(\.id).sorted())
    #expect(all.count > 20)
    let backwards = Threads(count: 5) { count, body in
      for number in (0..<count).reversed() { body(number) }
    }
    #expect(changes(view, comparison, backwards) == all)
    #expect(
      counts(view, comparison, backwards) == counts(view, comparison, .one)
    )
    var seen = 0
    let ended = view.compare(
      comparison,
      threads: .one,
      forEachChange: { _ in
        seen += 1
        return seen < 7
      },
      progress: { _ in true }
    )
    #expect(ended == nil && seen == 7)
    let none: ((RuleChange) -> Bool)? = nil
    #expect(
      view.compare(comparison, threads: .one, forEachChange: none, progress: { _ in false }) == nil
    )
  }
}

// MARK: - The model

extension RuleComparisonTests {
  private typealias Entries = [NamespaceID: [ReferenceModel.Entry]]

  /// Two sets over some of the same types, often nearly alike.
  private func pair(
    _ world: inout RandomWorld,
    typeCount: Int
  ) -> (RulesInForce, RulesInForce) {
    let from = world.rules(typeCount: typeCount)
    let other = world.rules(typeCount: max(1, typeCount - world.below(2) + world.below(2)))
    guard world.below(2) == 0 else { return (from, other) }
    var changed = from.rules
    changed.trialTypes.reverse()
    changed.trialTypes[0].eligibleWhen = other.rules.trialTypes[0].eligibleWhen
    if world.below(3) == 0 {
      changed.plans = RuleSet.Plans(
        known: world.plans,
        paid: [world.plans[0]],
        fallback: world.plans[4]
      )
    }
    return (from, RulesInForce(rules: changed, sha256: ""))
  }

  private func history(
    _ world: inout RandomWorld,
    eventCount: Int
  ) -> (ProjectionView, Entries) {
    var projection = Projection()
    var entries: Entries = [:]
    for position in 0..<eventCount {
      let event = world.event(at: position) { entries[$0]?.count ?? 0 }
      projection.apply(event)
      entries[event.namespaceID, default: []].append(
        ReferenceModel.Entry(position: position, fact: event.fact)
      )
    }
    entries[.ledger] = nil
    return (projection.view(), entries)
  }

  /// Every list by `rules` on `date`, from the events.
  private func rebuilt(
    _ entries: Entries,
    _ rules: RulesInForce,
    _ date: CalendarDate
  ) -> [NamespaceID: [TrialType]] {
    var events = entries.flatMap { id, entries in
      entries.enumerated().map { index, entry in
        (id: id, version: index + 1, position: entry.position, fact: entry.fact)
      }
    }
    events.sort { $0.position < $1.position }
    var projection = Projection()
    for (position, event) in events.enumerated() {
      projection.apply(
        Event(
          position: position,
          namespaceID: event.id,
          version: event.version,
          recordedAt: Instant(midnightOf: date),
          metadata: Metadata(),
          fact: event.fact
        )
      )
    }
    let compiled = CompiledRules(rules)
    projection.serve(compiled, on: date)
    let ids = entries.keys.sorted()
    let answers = projection.view().eligibility(of: ids, on: date, rules: compiled)
    return Dictionary(uniqueKeysWithValues: zip(ids, answers.map(\.types)))
  }

  private func changes(
    _ view: ProjectionView,
    _ comparison: RuleComparison,
    _ threads: Threads = .one
  ) -> [RuleChange] {
    var changes: [RuleChange] = []
    let counts = view.compare(
      comparison,
      threads: threads,
      forEachChange: { change in
        changes.append(change)
        return true
      },
      progress: { _ in true }
    )
    #expect(counts != nil)
    return changes
  }

  private func counts(
    _ view: ProjectionView,
    _ comparison: RuleComparison,
    _ threads: Threads
  ) -> RuleChangeCounts? {
    let none: ((RuleChange) -> Bool)? = nil
    return view.compare(
      comparison,
      threads: threads,
      forEachChange: none,
      progress: { _ in true }
    )
  }

  private func list(_ model: ReferenceModel, on day: Int) -> Set<TrialType> {
    guard model.parent == nil else { return [] }
    return Set(model.rules.trialTypes.filter { model.holds($0.eligibleWhen, on: day) }.map(\.name))
  }

  private func modelChanges(_ entries: Entries, _ comparison: RuleComparison) -> [ChangeRow] {
    var rows: [ChangeRow] = []
    let days = Int(comparison.first.dayNumber)...Int(comparison.last.dayNumber)
    for (id, entries) in entries.sorted(by: { $0.key < $1.key }) {
      let old = ReferenceModel(entries: entries, rules: comparison.from.rules, former: [])
      let new = ReferenceModel(entries: entries, rules: comparison.to.rules, former: [])
      let lists = days.map { (day: $0, old: list(old, on: $0), new: list(new, on: $0)) }
      for (number, type) in comparison.types.enumerated() {
        for isGain in [true, false] {
          let found = lists.filter { lists in
            lists.new.contains(type) == isGain && lists.old.contains(type) == !isGain
          }
          guard let first = found.first, let last = found.last else { continue }
          rows.append(
            ChangeRow(
              id: id.rawValue,
              type: number,
              isGain: isGain,
              first: date(first.day),
              last: date(last.day),
              dayCount: found.count
            )
          )
        }
      }
    }
    return rows
  }

  /// Where one leaf's other value makes the refusing condition true, the leaf named is such a one.
  private func expectReasons(
    _ found: [RuleChange],
    _ comparison: RuleComparison,
    _ entries: Entries
  ) {
    for change in found {
      let reason = comparison.reasons[change.reason]
      let side = reason.direction == .gain ? comparison.from : comparison.to
      let condition = side.rules.rule(of: comparison.types[reason.type])?.eligibleWhen
      guard let condition, let leaf = reason.leaf else {
        #expect(condition == nil && reason.leaf == nil)
        continue
      }
      let model = ReferenceModel(
        entries: entries[NamespaceID(unchecked: change.id)] ?? [],
        rules: side.rules,
        former: []
      )
      func turned(_ paths: Set<String>) -> Bool {
        value(of: condition, at: "") { path, leaf in
          model.holds(leaf, on: Int(change.first.dayNumber)) != paths.contains(path)
        }
      }
      #expect(!turned([]))
      let deciding = DecisionTree(condition).leaves.map(\.path).filter { turned([$0]) }
      if !deciding.isEmpty { #expect(deciding.first == leaf.path, "\(condition)") }
    }
  }

  private func expectCounts(
    _ view: ProjectionView,
    _ comparison: RuleComparison,
    _ found: [RuleChange],
    _ entries: Entries
  ) {
    guard let counts = counts(view, comparison, .one) else {
      Issue.record("the comparison ended by itself")
      return
    }
    let rows = found.map { ChangeRow(comparison, $0) }
    #expect(counts.namespaceCount == entries.count)
    #expect(counts.changedCount == Set(rows.map(\.id)).count)
    for (number, pair) in counts.byType.enumerated() {
      #expect(pair.gains == rows.count { $0.type == number && $0.isGain })
      #expect(pair.losses == rows.count { $0.type == number && !$0.isGain })
    }
    for (index, pair) in counts.byDay.enumerated() {
      let day = comparison.first.adding(days: index)
      #expect(pair.gains == rows.count { $0.first == day && $0.isGain })
      #expect(pair.losses == rows.count { $0.first == day && !$0.isGain })
    }
    for (index, count) in counts.byReason.enumerated() {
      let changes = found.filter { $0.reason == index }
      #expect(count == changes.count)
      #expect(counts.samples[index].count == min(count, RuleChangeCounts.sampleCountMax))
      #expect(counts.samples[index].allSatisfy(changes.contains))
    }
    var byPlan: [String: Int] = [:]
    for row in rows {
      let model = ReferenceModel(
        entries: entries[NamespaceID(unchecked: row.id)] ?? [],
        rules: comparison.from.rules,
        former: []
      )
      byPlan[model.plan(on: Int(comparison.first.dayNumber)).code, default: 0] += 1
    }
    var counted: [String: Int] = [:]
    let fallback = comparison.from.rules.plans.fallback.code
    for (number, pair) in counts.byPlan.enumerated() where pair.gains + pair.losses > 0 {
      let plan = number < view.codes.count ? view.codes.codes[number] : fallback
      counted[plan, default: 0] += pair.gains + pair.losses
    }
    #expect(counted == byPlan)
  }

  private func sameKind(
    _ left: RuleChange,
    _ right: RuleChange,
    _ comparison: RuleComparison
  )
    -> Bool
  {
    let (first, second) = (comparison.reasons[left.reason], comparison.reasons[right.reason])
    return first.type == second.type && first.direction == second.direction
  }
}
