import LedgerCore
import LedgerProjection
import LedgerTestSupport
import Testing

/// The slowest obvious projection: a dictionary of unpacked states.
struct ProjectionModel {
  var states: [NamespaceID: NamespaceState] = [:]
  var size = 0

  mutating func apply(_ event: Event) {
    states[event.namespaceID, default: NamespaceState()].evolve(event.fact)
    size += 1
  }

  func version(_ id: NamespaceID) -> Int { states[id]?.version ?? 0 }
}

@Suite("Projection against a dictionary of states")
struct ProjectionModelTests {
  @Test(arguments: seeds(16))
  func `folds every history to the states that evolve gives`(seed: UInt64) {
    for spread in RandomWorld.Spread.allCases {
      for (namespaceCount, typeCount) in [(3, 2), (200, 6), (2_000, 40), (60, 150)] {
        var world = RandomWorld(
          seed: seed,
          namespaceCount: namespaceCount,
          typeCount: typeCount,
          spread: spread
        )
        var model = ProjectionModel()
        var projection = Projection()
        for _ in 0..<6 {
          extend(&projection, &model, &world, eventCount: world.below(500))
          expectSame(projection.view(), model)
        }
      }
    }
  }

  @Test(arguments: seeds(8))
  func `keeps a view as it is while the writer goes on`(seed: UInt64) throws {
    var world = RandomWorld(seed: seed, namespaceCount: 300, typeCount: 8, spread: .mixed)
    let rules = CompiledRules(world.rules(typeCount: 5))
    var model = ProjectionModel()
    var projection = Projection()
    projection.serve(rules, on: world.date())
    var kept: [(ProjectionView, ProjectionModel)] = []
    for _ in 0..<12 {
      extend(&projection, &model, &world, eventCount: 150)
      kept.append((projection.view(), model))
    }
    for (view, model) in kept { expectSame(view, model) }
    let first = kept[0]
    var branch = Projection(first.0)
    var branchModel = first.1
    extend(&branch, &branchModel, &world, eventCount: 400)
    expectSame(branch.view(), branchModel)
    expectSame(first.0, first.1)
    expectSame(projection.view(), model)
  }

  @Test func `counts versions beyond sixteen bits`() throws {
    var projection = Projection()
    let id = try #require(NamespaceID(77))
    var events = (0..<1_000).map { index in
      Event(
        position: index,
        namespaceID: id,
        version: index + 1,
        recordedAt: Instant(midnightOf: .first),
        metadata: Metadata(),
        fact: .unknown(UnknownFact(type: "noise", canonicalFields: "{}"))
      )
    }
    let type = try #require(TrialType("ultimate"))
    let fact = Fact.trialStarted(type, startsOn: .first, endsOn: .last)
    for batch in 0..<140 {
      var columns = columns(events)
      columns.firstPosition = batch * 1_000
      projection.apply(columns)
    }
    events = [
      Event(
        position: 140_000,
        namespaceID: id,
        version: 140_001,
        recordedAt: Instant(midnightOf: .first),
        metadata: Metadata(),
        fact: fact
      )
    ]
    projection.apply(columns(events))
    let view = projection.view()
    view.checkInvariants()
    var state = NamespaceState()
    state.version = 140_000
    state.evolve(fact)
    #expect(view.state(of: id) == state)
    #expect(view.version(of: id) == 140_001)
  }

  @Test func `holds a namespace with very many entries`() throws {
    var world = RandomWorld(seed: 1, namespaceCount: 2, typeCount: 40, spread: .dense)
    var model = ProjectionModel()
    var projection = Projection()
    extend(&projection, &model, &world, eventCount: 20_000)
    expectSame(projection.view(), model)
  }

  /// So many that they wait and are sorted, and that what was sparse becomes dense on the way.
  @Test(arguments: RandomWorld.Spread.allCases)
  func `folds many waiting events as it folds them one by one`(spread: RandomWorld.Spread) {
    for (namespaceCount, seed) in [(6_000, 1), (20_000, 2), (50, 3)] as [(Int, UInt64)] {
      var world = RandomWorld(
        seed: seed,
        namespaceCount: namespaceCount,
        typeCount: 8,
        spread: spread
      )
      var model = ProjectionModel()
      var batch: [Event] = []
      for position in 0..<30_000 {
        let event = world.event(at: position) { model.version($0) }
        model.apply(event)
        batch.append(event)
      }
      var projection = Projection()
      projection.apply(columns(batch))
      expectSame(projection.view(), model)
    }
  }

  @Test(arguments: seeds(8))
  func `finds the first namespace in which two views differ`(seed: UInt64) throws {
    var world = RandomWorld(seed: seed, namespaceCount: 100, typeCount: 8, spread: .mixed)
    var events: [Event] = []
    for position in 0..<1_000 { events.append(world.event(at: position) { _ in 0 }) }
    var one = Projection()
    var other = Projection()
    // Other numbers for the same codes.
    var codes = FactColumns()
    codes.codeTable = world.types.reversed().map(\.code)
    other.apply(codes)
    one.apply(columns(events))
    for event in events { other.apply(event) }
    #expect(one.view().firstDifference(from: other.view()) == nil)
    let id = try #require(events.map(\.namespaceID).max())
    one.apply(
      Event(
        position: 1_000,
        namespaceID: id,
        version: 0,
        recordedAt: Instant(midnightOf: .first),
        metadata: Metadata(),
        fact: .namespaceMoved(parent: NamespaceID(5))
      )
    )
    #expect(one.view().firstDifference(from: other.view()) == id)
    #expect(other.view().firstDifference(from: one.view()) == id)
  }

  /// Appends random events to both, partly as columns and partly one by one.
  private func extend(
    _ projection: inout Projection,
    _ model: inout ProjectionModel,
    _ world: inout RandomWorld,
    eventCount: Int
  ) {
    var batch: [Event] = []
    for _ in 0..<eventCount {
      let event = world.event(at: model.size) { model.version($0) }
      model.apply(event)
      batch.append(event)
      guard world.below(40) == 0 else { continue }
      if world.below(2) == 0 {
        projection.apply(columns(batch))
      } else {
        for event in batch { projection.apply(event) }
      }
      batch = []
    }
    if !batch.isEmpty { projection.apply(columns(batch)) }
  }

  private func expectSame(_ view: ProjectionView, _ model: ProjectionModel) {
    view.checkInvariants()
    #expect(view.size == model.size)
    for (id, state) in model.states where id != .ledger {
      // An expectation each would take longer than all the rest.
      if view.state(of: id) != state || view.version(of: id) != state.version
        || view.parent(of: id) != state.parent
      {
        Issue.record("\(id): \(view.state(of: id)), not \(state)")
      }
    }
    #expect(view.version(of: .ledger) == model.version(.ledger))
    var seen: [NamespaceID] = []
    view.forEachNamespace { id, state in
      seen.append(id)
      if model.states[id] != state { Issue.record("\(id) differs in iteration") }
    }
    #expect(seen == model.states.keys.filter { $0 != .ledger }.sorted())
    #expect(view.namespaceCount == seen.count)
  }
}
