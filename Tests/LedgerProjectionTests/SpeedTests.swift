import Foundation
import LedgerCore
import LedgerProjection
import LedgerTestSupport
import Testing

/// What folding, evaluating and asking cost.
///
/// Checks the answers in any case; works at full size and prints numbers only when they are asked
/// for with `LEDGER_LONG_TESTS=1 swift test -c release -Xswiftc -enable-testing --filter Speed`.
@Suite("Speed", .serialized)
struct SpeedTests {
  private static let types = [
    "ultimate_with_dap", "ultimate_on_premium_with_dap", "ultimate_with_gitlab_duo_enterprise",
    "ultimate_on_premium_with_gitlab_duo_enterprise", "gitlab_duo_pro", "gitlab_duo_enterprise",
    "ultimate",
  ].compactMap(TrialType.init)
  private static let plans = ["free", "premium", "ultimate", "bronze", "gold", "default"]
    .compactMap(
      PlanCode.init
    )

  @Test func `prints the cost of folding and of answering`() {
    let eventCount = longTests ? 10_000_000 : 20_000
    let namespaceCount = eventCount / 8
    let batches = Self.batches(eventCount: eventCount, namespaceCount: namespaceCount)
    let memoryBefore = residentByteCount()

    var projection = Projection()
    let fold = Self.processorTime {
      for batch in batches { projection.apply(batch) }
      _ = projection.view()
    }
    var view = projection.view()
    let foldedByteCount = view.byteCount
    let resident = residentByteCount() - memoryBefore

    let rules = Self.rules()
    let today = CalendarDate(dayNumber: 20_400)
    let serve = Self.processorTime { projection.serve(rules, on: today) }
    let uncached = CompiledRules(rules.inForce)

    view = projection.view()
    var generator = SeededGenerator(seed: 3)
    let asked = (0..<1_000).map { _ in
      (0..<1_000).map { _ in Self.id(.random(in: 0..<namespaceCount, using: &generator)) }
    }
    var (kept, evaluated) = (PackedAnswers(), PackedAnswers())
    var checksum: UInt64 = 0
    let rounds = longTests ? asked.count : 10
    let ask = Self.processorTime {
      for ids in asked.prefix(rounds) {
        view.answers(for: ids.span, on: today, rules: rules, into: &kept)
        checksum &+= kept.types[17]
      }
    }
    let evaluate = Self.processorTime {
      for ids in asked.prefix(rounds) {
        view.answers(for: ids.span, on: today, rules: uncached, into: &evaluated)
        checksum &+= evaluated.types[17]
      }
    }
    #expect(kept.types == evaluated.types)
    #expect(kept.validUntil == evaluated.validUntil)
    view.checkInvariants()
    guard longTests else { return }

    let asks = Double(rounds * 1_000)
    print(
      """
      \(eventCount) events, \(view.namespaceCount) namespaces, checksum \(checksum)
      fold       \(Self.nanoseconds(fold, per: Double(eventCount))) ns an event
      serve      \(Self.nanoseconds(serve, per: Double(view.namespaceCount))) ns a namespace
      ask, kept  \(Self.nanoseconds(ask, per: asks)) ns an id
      ask, evaluated \(Self.nanoseconds(evaluate, per: asks)) ns an id
      memory     \(foldedByteCount / view.namespaceCount) bytes a namespace by account, \
      \(resident / view.namespaceCount) resident
      """
    )
  }

  /// The processor time, which neighbours on a shared machine disturb less than the clock.
  private static func processorTime(_ body: () -> Void) -> Duration {
    let start = clock()
    body()
    return .microseconds(clock() - start)
  }

  private static func nanoseconds(_ duration: Duration, per count: Double) -> Double {
    let seconds = Double(duration.components.seconds)
    let nanoseconds = seconds * 1e9 + Double(duration.components.attoseconds) / 1e9
    return (nanoseconds / count * 10).rounded() / 10
  }

  /// A third of the ids are taken.
  private static func id(_ namespace: Int) -> Int64 {
    Int64(namespace * 3 + namespace % 3 + 1)
  }

  private static func batches(eventCount: Int, namespaceCount: Int) -> [FactColumns] {
    var generator = SeededGenerator(seed: 1)
    var batches: [FactColumns] = []
    let kinds: [FactColumns.Kind] = [
      .planChangedOpen, .trialStarted, .trialExtended, .planChanged, .trialConverted,
      .planChangedOpen, .trialReactivated, .planChanged,
    ]
    var position = 0
    while position < eventCount {
      var batch = FactColumns()
      batch.firstPosition = position
      batch.codeTable = types.map(\.code) + plans.map(\.code)
      for _ in 0..<min(4_096, eventCount - position) {
        let kind = kinds[Int.random(in: 0..<kinds.count, using: &generator)]
        let day = UInt16(18_000 + position * 2_400 / eventCount)
        let isPlan = kind == .planChanged || kind == .planChangedOpen
        let code =
          isPlan
          ? types.count + Int.random(in: 0..<plans.count, using: &generator)
          : Int.random(in: 0..<2, using: &generator)
        let id = Self.id(.random(in: 0..<namespaceCount, using: &generator))
        batch.namespaceIDs.append(id)
        batch.kinds.append(kind.rawValue)
        batch.codes.append(UInt16(code))
        batch.firstDates.append(day)
        batch.secondDates.append(day + (isPlan ? 365 : 30))
        position += 1
      }
      batches.append(batch)
    }
    return batches
  }

  /// The shape of gitlab-2026-08-retrial.
  private static func rules() -> CompiledRules {
    let free = Condition(.planIn([plans[5], plans[0]]))
    let premium = Condition(.planIn([plans[1]]))
    let idle = Condition(.not(Condition(.activeTrial(.any))))
    let cooled = Condition(
      .daysSince(.trialEnd, of: .types([types[0], types[2], types[6]]), atLeast: 90)
    )
    func never(_ trials: [TrialType]) -> Condition {
      Condition(.not(Condition(.hasTrialed(.types(trials)))))
    }
    let conditions: [Condition] = [
      Condition(.all([free, idle, cooled])),
      Condition(.all([premium, never([types[1], types[3]]), idle])),
      Condition(.all([free, idle, cooled])),
      Condition(.all([premium, never([types[1], types[3]]), idle])),
      Condition(.all([premium, never([types[4], types[5]])])),
      Condition(.all([Condition(.planIn([plans[2]])), never([types[5]])])),
    ]
    guard let id = RulesID("retrial") else { preconditionFailure("not an id of rules") }
    let set = RuleSet(
      id: id,
      plans: RuleSet.Plans(known: plans, paid: Array(plans[1...4]), fallback: plans[0]),
      trialTypes: zip(types, conditions).map {
        RuleSet.TrialTypeRule(
          name: $0,
          duration: RuleSet.TrialDuration(otherwise: 30),
          eligibleWhen: $1
        )
      }
    )
    return CompiledRules(RulesInForce(rules: set, sha256: ""))
  }
}

/// The process's resident memory in bytes, or 0 where the system does not say.
private func residentByteCount() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
    let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
  else { return 0 }
  return pages * 4_096
}
