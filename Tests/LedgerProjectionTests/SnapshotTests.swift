import LedgerCore
import LedgerTestSupport
import Testing

@testable import LedgerProjection

@Suite("A snapshot of the projection")
struct SnapshotTests {
  @Test(arguments: seeds(4))
  func `gives back the same states and answers, and goes on as the projection does`(
    seed: UInt64
  ) throws {
    for spread in RandomWorld.Spread.allCases {
      for (namespaceCount, typeCount) in [(0, 2), (3, 2), (600, 40)] {
        var world = RandomWorld(
          seed: seed,
          namespaceCount: max(1, namespaceCount),
          typeCount: typeCount,
          spread: spread
        )
        let rules = CompiledRules(named(world.rules(typeCount: 5)))
        var projection = Projection()
        let date = world.date()
        projection.serve(rules, on: date)
        extend(&projection, &world, eventCount: namespaceCount * 4)
        let view = projection.view()

        var restored = try read(bytes(of: view))
        expectSame(restored.view(), view)
        restored.serve(rules, on: date)
        expectSameAnswers(restored.view(), view, rules, on: date, world.ids)

        for event in extend(&projection, &world, eventCount: 300) { restored.apply(event) }
        expectSame(restored.view(), projection.view())
        expectSameAnswers(restored.view(), projection.view(), rules, on: date, world.ids)
      }
    }
  }

  @Test func `keeps the answers of the same rule file, and of no other`() throws {
    var world = RandomWorld(seed: 5, namespaceCount: 500, typeCount: 4, spread: .third)
    let inForce = named(world.rules(typeCount: 4))
    var projection = Projection()
    let date = CalendarDate(dayNumber: 20_100)
    projection.serve(CompiledRules(inForce), on: date)
    extend(&projection, &world, eventCount: 2_000)
    let taken = bytes(of: projection.view())

    // The same text, compiled by another process.
    let again = CompiledRules(inForce)
    for days in [0, 3, 200] as [UInt16] {
      let later = CalendarDate(dayNumber: 20_100 + days)
      var restored = try read(taken)
      restored.serve(again, on: later)
      projection.serve(again, on: later)
      expectSameAnswers(restored.view(), projection.view(), again, on: later, world.ids)
    }
    let earlier = CalendarDate(dayNumber: 20_050)
    let other = CompiledRules(named(world.rules(typeCount: 4), "other"))
    for (rules, date) in [(again, earlier), (other, date)] {
      var restored = try read(taken)
      restored.serve(rules, on: date)
      projection.serve(rules, on: date)
      expectSameAnswers(restored.view(), projection.view(), rules, on: date, world.ids)
    }
  }

  @Test func `keeps states that have outgrown their pages`() throws {
    var world = RandomWorld(seed: 1, namespaceCount: 2, typeCount: 40, spread: .dense)
    var projection = Projection()
    extend(&projection, &world, eventCount: 20_000)
    let view = projection.view()
    #expect(!view.directory.large.isEmpty)
    var restored = try read(bytes(of: view))
    expectSame(restored.view(), view)
  }

  /// So many neighbours that their answers stand apart from their pages.
  @Test(arguments: seeds(1))
  func `keeps the answers of dense ids, and never traps on their bytes either`(
    seed: UInt64
  ) throws {
    var world = RandomWorld(seed: seed, namespaceCount: 3_000, typeCount: 4, spread: .dense)
    let rules = CompiledRules(named(world.rules(typeCount: 4)))
    var projection = Projection()
    let date = world.date()
    projection.serve(rules, on: date)
    extend(&projection, &world, eventCount: 9_000)
    _ = projection.view()
    extend(&projection, &world, eventCount: 5_000)
    let view = projection.view()
    #expect(view.directory.dense.groups.contains { $0.contains { $0.isApart } })
    let good = bytes(of: view)
    var restored = try read(good)
    restored.serve(rules, on: date)
    expectSame(restored.view(), view)
    expectSameAnswers(restored.view(), view, rules, on: date, world.ids)
    for event in extend(&projection, &world, eventCount: 50) { restored.apply(event) }
    expectSameAnswers(restored.view(), projection.view(), rules, on: date, world.ids)

    var generator = SeededGenerator(seed: seed)
    for _ in 0..<8 {
      var changed = good
      let piece = Int.random(in: 0..<changed.count, using: &generator)
      damage(&changed[piece], &generator)
      seal(&changed[piece])
      guard var restored = try? read(changed) else { continue }
      restored.serve(rules, on: world.date())
      exercise(&restored, &world)
    }
  }

  @Test func `is not made of the parts of two`() throws {
    var world = RandomWorld(seed: 2, namespaceCount: 2_000, typeCount: 4, spread: .third)
    var projection = Projection()
    extend(&projection, &world, eventCount: 3_000)
    let one = bytes(of: projection.view())
    extend(&projection, &world, eventCount: 3)
    let two = bytes(of: projection.view())
    #expect(one.count == two.count && one.count > 3)
    var mixed = one
    mixed[2] = two[2]
    #expect(throws: SnapshotError.self) { _ = try read(mixed) }
    mixed = one
    mixed[2] = one[1]
    #expect(throws: SnapshotError.self) { _ = try read(mixed) }
    mixed.removeLast()
    #expect(throws: SnapshotError.self) { _ = try read(mixed) }
  }

  /// Damage is found by the checksum; damage under a right checksum by looking, or it is harmless.
  @Test(arguments: seeds(6))
  func `never traps on bytes that were changed`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for spread in RandomWorld.Spread.allCases {
      var world = RandomWorld(
        seed: seed,
        namespaceCount: 40,
        typeCount: seed % 2 == 0 ? 4 : 40,
        spread: spread
      )
      let rules = CompiledRules(named(world.rules(typeCount: 4)))
      var projection = Projection()
      projection.serve(rules, on: world.date())
      extend(&projection, &world, eventCount: spread == .dense ? 1_500 : 300)
      let good = bytes(of: projection.view())
      for _ in 0..<50 {
        var changed = good
        let piece = Int.random(in: 0..<changed.count, using: &generator)
        damage(&changed[piece], &generator)
        guard changed != good else { continue }
        #expect(throws: SnapshotError.self) { _ = try read(changed) }
        seal(&changed[piece])
        guard var restored = try? read(changed) else { continue }
        restored.serve(rules, on: world.date())
        exercise(&restored, &world)
      }
    }
  }

  @Test(arguments: seeds(2))
  func `never traps on random bytes`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var world = RandomWorld(seed: seed, namespaceCount: 1, typeCount: 1, spread: .dense)
    var projection = Projection()
    extend(&projection, &world, eventCount: 9)
    let good = bytes(of: projection.view())
    for _ in 0..<200 {
      let count = Int.random(in: 0...200, using: &generator)
      var noise = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      #expect(throws: SnapshotError.self) { _ = try read([noise, good[1]]) }
      noise = good[1].prefix(4) + noise + [0, 0, 0, 0]
      seal(&noise)
      #expect(throws: SnapshotError.self) { _ = try read([good[0], noise]) }
    }
  }
}

// MARK: - Reading and writing

/// The header and the parts, small ones.
private func bytes(of view: ProjectionView) -> [[UInt8]] {
  let snapshot = ProjectionSnapshot(view, partByteCount: 3_000)
  return [snapshot.header] + (0..<snapshot.partCount).map { snapshot.part($0) }
}

private func read(_ bytes: [[UInt8]]) throws(SnapshotError) -> Projection {
  let header = bytes[0]
  var reader = try ProjectionSnapshotReader(header: header.span)
  for index in (1..<bytes.count).reversed() {
    let part = bytes[index]
    try reader.add(part.span)
  }
  return try reader.finish()
}

/// Sets the checksum to what it should be.
private func seal(_ bytes: inout [UInt8]) {
  guard bytes.count >= 8 else { return }
  bytes.removeLast(4)
  let checksum = snapshotChecksum(bytes.span)
  for shift in stride(from: 0, to: 32, by: 8) as StrideTo<UInt32> {
    bytes.append(UInt8(truncatingIfNeeded: checksum >> shift))
  }
}

private func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
  let place = Int.random(in: 0..<bytes.count, using: &generator)
  switch Int.random(in: 0..<5, using: &generator) {
  case 0, 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
  case 2: bytes[place] = .random(in: .min ... .max, using: &generator)
  case 3: bytes.removeSubrange(place..<min(bytes.count, place + 4))
  default: bytes.insert(contentsOf: [0, 0, 0, 0], at: place)
  }
}

// MARK: - Comparing and asking

private func expectSame(_ view: ProjectionView, _ other: ProjectionView) {
  view.checkInvariants()
  #expect(view.size == other.size)
  #expect(view.namespaceCount == other.namespaceCount)
  #expect(view.codes == other.codes)
  #expect(view.firstDifference(from: other) == nil)
  #expect(other.firstDifference(from: view) == nil)
  #expect(view.eventCounts == other.eventCounts)
}

private func expectSameAnswers(
  _ view: ProjectionView,
  _ other: ProjectionView,
  _ rules: CompiledRules,
  on date: CalendarDate,
  _ ids: [Int64]
) {
  view.checkInvariants()
  var (one, two) = (PackedAnswers(), PackedAnswers())
  view.answers(for: ids.span, on: date, rules: rules, into: &one)
  other.answers(for: ids.span, on: date, rules: rules, into: &two)
  #expect(one.types == two.types)
  #expect(one.validUntil == two.validUntil)
}

/// Asks and folds whatever there is; nothing may trap.
private func exercise(_ projection: inout Projection, _ world: inout RandomWorld) {
  let view = projection.view()
  let rules = CompiledRules(world.rules(typeCount: 3))
  var ids = world.ids
  view.forEachNamespace { id, _ in ids.append(id.rawValue) }
  for rules in [rules, view.rules ?? rules] {
    var answers = PackedAnswers()
    view.answers(for: ids.span, on: world.date(), rules: rules, into: &answers)
    #expect(answers.count == ids.count)
  }
  for id in ids {
    let namespace = NamespaceID(unchecked: id)
    _ = view.state(of: namespace)
    _ = view.version(of: namespace)
    _ = view.parent(of: namespace)
  }
  extend(&projection, &world, eventCount: 20)
  projection.refreshAnswers(on: .last)
  _ = projection.view().firstDifference(from: view)
}

/// Folds random events, some as columns and the rest one by one.
@discardableResult
private func extend(
  _ projection: inout Projection,
  _ world: inout RandomWorld,
  eventCount: Int
) -> [Event] {
  let first = projection.size
  let events = (0..<eventCount).map { world.event(at: first + $0) { _ in 0 } }
  projection.apply(columns(Array(events.prefix(eventCount / 2))))
  for event in events.dropFirst(eventCount / 2) { projection.apply(event) }
  return events
}

private func named(_ rules: RulesInForce, _ digest: String = "text") -> RulesInForce {
  RulesInForce(rules: rules.rules, sha256: digest)
}
