import LedgerCore
import LedgerTestSupport
import Testing

/// Random histories under random rule sets, decided and judged twice: by the core, and by the slow
/// model, which was written from the specification alone.
///
/// `LEDGER_SEED=17` repeats one history, `LEDGER_LONG_TESTS=1` takes ten times as many.
@Suite("The core against the slow model")
struct ReferenceModelTests {
  private static let shardCount: UInt64 = 8
  private static let historyCount = longTests ? 120_000 : 12_000

  @Test(arguments: 0..<shardCount)
  func `decides, folds and judges as the slow model does`(shard: UInt64) {
    for seed in seeds(Self.historyCount) where seed % Self.shardCount == shard {
      var history = RandomRun(seed: seed)
      history.run(stepCount: 9, isFree: seed % 4 == 3)
      history.compareAnswers(questionCount: 5)
      guard history.findings.isEmpty else {
        Issue.record("LEDGER_SEED=\(seed)\n\(history.findings.joined(separator: "\n"))")
        return
      }
    }
  }

  /// The real rules, where the thresholds are 90 days and the types six.
  @Test(arguments: UInt64(0)..<4)
  func `decides and judges as the slow model does under GitLab's rules`(shard: UInt64) {
    for seed in seeds(longTests ? 4_000 : 200) where seed % 4 == shard {
      var history = RandomRun(seed: seed, rules: retrialRules)
      history.run(stepCount: 12, isFree: seed % 8 >= 4)
      history.compareAnswers(questionCount: 5)
      guard history.findings.isEmpty else {
        Issue.record("LEDGER_SEED=\(seed)\n\(history.findings.joined(separator: "\n"))")
        return
      }
    }
  }

  /// The other tests leave out days on which nothing can change; this one leaves out none.
  @Test(.timeLimit(.minutes(5)))
  func `agrees with the slow model on every day of the calendar`() {
    for seed in seeds(longTests ? 100 : 4) {
      var history = RandomRun(seed: 1_000_000 + seed)
      history.run(stepCount: 9, isFree: seed % 2 == 0)
      history.compareAnswers(questionCount: 20, wholeCalendar: true)
      if !history.findings.isEmpty {
        Issue.record("LEDGER_SEED=\(seed)\n\(history.findings.joined(separator: "\n"))")
      }
    }
  }

  /// A generator that never reaches a check tests nothing there.
  @Test func `the random histories reach every outcome`() {
    var codes: Set<String> = []
    var outcomes: Set<String> = []
    for seed in UInt64(0)..<3_000 {
      var history = RandomRun(seed: seed)
      history.run(stepCount: 9, isFree: false)
      for verdict in history.verdicts {
        switch verdict {
        case .record(let facts):
          for fact in facts { outcomes.insert(fact.name) }
          let conversions = facts.dropFirst().count
          if conversions > 0 { outcomes.insert("\(facts[0].name) with \(conversions) conversions") }
        case .nothingToRecord: outcomes.insert("nothing")
        case .versionConflict: outcomes.insert("conflict")
        case .invalid: outcomes.insert("invalid")
        case .refused(let code, let failed):
          codes.insert(failed == nil ? code : "\(code) by a condition")
        }
      }
    }
    let builtIn: Set<RefusalCode> = Set(RefusalCode.allCases).subtracting([.notEligible])
    #expect(Set(builtIn.map(\.rawValue)).subtracting(codes) == [])
    #expect(codes.isSuperset(of: ["not_eligible by a condition", "not_allowed by a condition"]))
    #expect(codes.isSuperset(of: ["c by a condition", "not_owner by a condition"]))
    let expected: Set<String> = [
      "trial_started", "trial_extended", "trial_reactivated", "trial_ended", "plan_changed",
      "namespace_moved", "nothing", "conflict", "invalid",
      "trial_started with 1 conversions", "trial_extended with 1 conversions",
      "trial_reactivated with 1 conversions", "plan_changed with 1 conversions",
      "plan_changed with 2 conversions",
    ]
    #expect(expected.subtracting(outcomes) == [])
  }
}
