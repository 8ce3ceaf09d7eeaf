import Dispatch
import LedgerCore
import LedgerProjection
import LedgerTestSupport
import Testing

@Suite("Folding many events at once")
struct BulkFoldTests {
  private static let threads = Threads(count: 3) { count, body in
    // Sound without `Sendable`: the call returns when all of them have.
    withoutActuallyEscaping(body) { body in
      let shared = Shared(body)
      DispatchQueue.concurrentPerform(iterations: count) { shared.body($0) }
    }
  }

  /// Batches of several threads, columns, single events, views, rules and dates in any order; small
  /// and large enough for buckets, dense, sparse and beyond all buckets.
  @Test(arguments: seeds(3))
  func `gives the states and answers of folding one by one`(seed: UInt64) {
    for spread in RandomWorld.Spread.allCases {
      var world = RandomWorld(
        seed: seed,
        namespaceCount: [40, 3_000, 9_000][Int(seed % 3)],
        typeCount: [4, 45][Int(seed % 2)],
        spread: spread
      )
      let rules = CompiledRules(world.rules(typeCount: 5))
      var model = ProjectionModel()
      var projection = Projection()
      projection.threads = seed % 2 == 0 ? Self.threads : .one
      var kept: [(ProjectionView, ProjectionModel)] = []
      for _ in 0..<4 {
        switch world.below(3) {
        case 0: foldInParts(&projection, &model, &world)
        case 1:
          projection.apply(columns(events(6_000, &model, &world)))
        default:
          for event in events(300, &model, &world) { projection.apply(event) }
        }
        switch world.below(4) {
        case 0: projection.serve(rules, on: world.date())
        case 1: projection.refreshAnswers(on: world.date())
        case 2: kept.append((projection.view(), model))
        default: break
        }
      }
      kept.append((projection.view(), model))
      for (view, model) in kept {
        expectStates(view, model)
        expectAnswers(view, model, rules, on: world.date())
      }
    }
  }

  /// More codes than 16 bits can name trapped once.
  @Test func `outlasts a log with more codes than anybody needs`() throws {
    var projection = Projection()
    var model = ProjectionModel()
    let id = try #require(NamespaceID(70))
    for start in stride(from: 0, to: 70_000, by: 7_000) {
      var batch: [Event] = []
      for number in start..<start + 7_000 {
        let type = try #require(TrialType("t\(number)"))
        // The newest records of the first and the latest codes are extended again and again.
        let fact: Fact =
          number % 7 == 6
          ? .trialExtended(
            try #require(TrialType("t\(number - 1)")),
            on: .first,
            previousEndsOn: .first,
            endsOn: .last
          )
          : .trialStarted(type, startsOn: .first, endsOn: CalendarDate(dayNumber: 700))
        batch.append(event(fact, of: id, at: model.size))
        model.apply(batch[batch.count - 1])
      }
      projection.apply(distinctColumns(batch))
      #expect(projection.view().state(of: id) == model.states[id])
    }
    #expect(projection.codes.count == 60_000)
    for number in 60_000..<70_000 {
      let type = try #require(TrialType("u\(number)"))
      let fact = Fact.trialStarted(type, startsOn: .first, endsOn: .last)
      let other = try #require(NamespaceID(Int64(number)))
      let event = event(fact, of: other, at: model.size)
      model.apply(event)
      projection.apply(event)
    }
    #expect(projection.codes.count == 70_000)
    expectStates(projection.view(), model)
  }

  @Test(arguments: [255, 256, 257, 65_535, 65_536, 131_072])
  func `counts any number of events without entries`(count: Int) throws {
    let noise = Fact.unknown(UnknownFact(type: "noise", canonicalFields: "{}"))
    let type = try #require(TrialType("ultimate"))
    let id = try #require(NamespaceID(1_500))
    for isSplit in [false, true] {
      var projection = Projection()
      var state = NamespaceState()
      for index in 0..<count {
        projection.apply(event(noise, of: id, at: index))
        if isSplit, index == count - 2 || index == 100 { _ = projection.view() }
      }
      let fact = Fact.trialStarted(type, startsOn: .first, endsOn: .last)
      projection.apply(event(fact, of: id, at: count))
      projection.apply(event(.namespaceMoved(parent: .ledger), of: id, at: count + 1))
      projection.apply(event(noise, of: id, at: count + 2))
      state.version = count
      state.evolve(fact)
      state.evolve(.namespaceMoved(parent: .ledger))
      state.evolve(noise)
      let view = projection.view()
      view.checkInvariants()
      #expect(view.version(of: id) == count + 3)
      #expect(view.state(of: id).version == state.version)
      #expect(view.state(of: id).records.count == 1)
    }
  }

  /// Answers that run out with a date are worked out anew, and only they.
  @Test func `refreshes the answers that have run out`() {
    var world = RandomWorld(seed: 9, namespaceCount: 4_000, typeCount: 4, spread: .third)
    let rules = CompiledRules(world.rules(typeCount: 4))
    var model = ProjectionModel()
    var projection = Projection()
    projection.threads = Self.threads
    projection.apply(columns(events(12_000, &model, &world)))
    var day = world.days.lowerBound
    projection.serve(rules, on: CalendarDate(dayNumber: UInt16(day)))
    while day < world.days.upperBound {
      day += 1 + world.below(60)
      let date = CalendarDate(dayNumber: UInt16(min(day, 65_535)))
      projection.refreshAnswers(on: date)
      let view = projection.view()
      view.checkInvariants()
      expectAnswers(view, model, rules, on: date)
    }
  }

  // MARK: -

  private func foldInParts(
    _ projection: inout Projection,
    _ model: inout ProjectionModel,
    _ world: inout RandomWorld
  ) {
    let batches = (0..<3).map { FactBatch(after: projection, part: $0) }
    for _ in 0...world.below(2) {
      let parts = batches.map { _ in
        (0..<world.below(4)).map { _ in
          columns(events(1 + world.below(3_000), &model, &world))
        }
      }
      Self.threads.run(batches.count) { number in
        for columns in parts[number] { batches[number].append(columns) }
      }
      projection.apply(batches)
    }
  }

  private func events(
    _ count: Int,
    _ model: inout ProjectionModel,
    _ world: inout RandomWorld
  ) -> [Event] {
    var batch: [Event] = []
    for _ in 0..<count {
      let event = world.event(at: model.size) { model.version($0) }
      model.apply(event)
      batch.append(event)
    }
    return batch
  }

  private func event(_ fact: Fact, of id: NamespaceID, at position: Int) -> Event {
    Event(
      position: position,
      namespaceID: id,
      version: 1,
      recordedAt: Instant(midnightOf: .first),
      metadata: Metadata(),
      fact: fact
    )
  }

  /// Columns of trials whose codes are all different; ``columns(_:)`` would look for each among all.
  private func distinctColumns(_ events: [Event]) -> FactColumns {
    var result = FactColumns()
    result.firstPosition = events[0].position
    for event in events {
      let one = columns([event])
      result.namespaceIDs += one.namespaceIDs
      result.kinds += one.kinds
      result.codes.append(UInt16(result.codeTable.count))
      result.codeTable += one.codeTable
      result.firstDates += one.firstDates
      result.secondDates += one.secondDates
    }
    return result
  }

  private func expectStates(_ view: ProjectionView, _ model: ProjectionModel) {
    view.checkInvariants()
    #expect(view.size == model.size)
    #expect(view.version(of: .ledger) == model.version(.ledger))
    for (id, state) in model.states where id != .ledger && view.state(of: id) != state {
      Issue.record("\(id): \(view.state(of: id)), not \(state)")
    }
    #expect(view.namespaceCount == model.states.keys.count { $0 != .ledger })
  }

  private func expectAnswers(
    _ view: ProjectionView,
    _ model: ProjectionModel,
    _ rules: CompiledRules,
    on date: CalendarDate
  ) {
    let ids = model.states.keys.filter { $0 != .ledger }
    for (id, answer) in zip(ids, view.eligibility(of: ids, on: date, rules: rules)) {
      let state = model.states[id] ?? NamespaceState()
      let expected = rules.inForce.rules.eligibility(of: state, on: date)
      if answer != expected { Issue.record("\(id) on \(date): \(answer), not \(expected)") }
    }
  }

  private struct Shared: @unchecked Sendable {
    let body: (Int) -> Void

    init(_ body: @escaping (Int) -> Void) {
      self.body = body
    }
  }
}
