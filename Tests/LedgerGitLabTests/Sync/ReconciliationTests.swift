#if GitLabSync
import LedgerGitLab
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

@Suite("Comparing a GitLab with the ledger")
struct ReconciliationTests {
  private static let ids: [Int64] = Array(1...4)

  /// Namespaces with an Ultimate trial, with Premium and a trial of Duo Pro, one moved below another,
  /// and one that came to nothing.
  private func fill(_ scene: SyncScene) async throws {
    let dap = try #require(TrialType("ultimate_with_dap"))
    let premium = try #require(PlanCode("premium"))
    let duo = try #require(TrialType("gitlab_duo_pro"))
    try await scene.record(.startTrial(dap), of: 1)
    try await scene.record(.changePlan(premium, startsOn: nil, endsOn: nil), of: 2)
    try await scene.record(.startTrial(duo), of: 2)
    try await scene.record(.moveNamespace(parent: NamespaceID(unchecked: 2)), of: 3)
    try await scene.record(.startTrial(dap), .endTrial(dap), of: 4)
  }

  private func texts(_ drift: [Drift]) -> [String] {
    drift.map { one in
      "\(one.id) \(one.kind.rawValue) \(one.part.name) \(one.field) \(one.held ?? "null") "
        + (one.expected ?? "null")
    }
  }

  /// What differs at a live GitLab.
  private func drift(in scene: SyncScene) async throws -> [Drift] {
    var comparison = Reconciliation(scene.server.ledger, PushOptions())
    var drift: [Drift] = []
    for id in try comparison.knownIDs() {
      drift += try await comparison.compare(id, in: scene.sync.client)
    }
    #expect(comparison.comparedIDs.map(\.rawValue).sorted() == Self.ids)
    return drift
  }

  @Test func `a live one is told of field by field, and mended by a push`() async throws {
    try await SyncScene.run { scene in
      try await fill(scene)
      #expect(
        texts(try await drift(in: scene)) == [
          "1 missing_in_gitlab subscription plan_code null ultimate_trial",
          "2 missing_in_gitlab subscription plan_code null premium",
          "2 missing_in_gitlab duo_pro purchase_xid null 3",
        ]
      )
      try await scene.sync.pass()
      #expect(try await drift(in: scene) == [])
      // Somebody changes what GitLab holds.
      var two = try #require(scene.gitLab.held["2"])
      two.subscription = two.subscription?.replacing("premium", with: "ultimate")
      two.addOns = two.addOns.mapValues { $0.replacing("100", with: "5") }
      scene.gitLab.hold(two, of: "2")
      scene.gitLab.hold(nil, of: "1")
      var three = two
      three.addOns = [:]
      scene.gitLab.hold(three, of: "3")
      scene.gitLab.hold(three, of: "4")
      let found = try await drift(in: scene)
      #expect(
        texts(found) == [
          "1 missing_in_gitlab subscription plan_code null ultimate_trial",
          "2 subscription subscription plan_code ultimate premium",
          "2 add_on duo_pro quantity 5 100",
          "3 subgroup subscription plan_code ultimate null",
          "4 subscription subscription plan_code ultimate free",
        ]
      )
      let store = try scene.store()
      let now = scene.server.clock.now()
      let all = ComparedScope.all(subscriptions: true, addOns: true)
      try store.note(found, in: all, comparedCount: 4, now: now)
      try await scene.sync.pass()
      let kinds: [Drift.Kind: Int] = [
        .missingInGitLab: 1, .subscription: 2, .addOn: 1, .subgroup: 1,
      ]
      #expect(scene.sync.status.driftCounts == kinds)
      #expect(scene.sync.status.comparison?.comparedCount == 4)
      let repairable = found.filter(\.isRepairable)
      try store.repair(repairable.map { ($0.id, $0.part.name) }, now: now)
      try await scene.sync.pass()
      #expect(
        texts(try await drift(in: scene)) == ["3 subgroup subscription plan_code ultimate null"]
      )
      #expect(scene.sync.status.driftCounts == [.subgroup: 1])
      #expect(Set(scene.attempts.all.suffix(4).map(\.cause)) == ["repair"])
    }
  }

  @Test func `a repair tries again what GitLab refused`() async throws {
    try await SyncScene.run { scene in
      try await fill(scene)
      scene.gitLab.fault.withLock { $0 = { _, _ in .status(422) } }
      try await scene.sync.pass()
      #expect(scene.sync.status.parkedCount == 2)
      scene.gitLab.fault.withLock { $0 = { _, _ in nil } }
      let found = try await drift(in: scene)
      try scene.store().repair(
        found.map { ($0.id, $0.part.name) },
        now: scene.server.clock.now()
      )
      try await scene.sync.pass()
      #expect(scene.sync.status.parkedCount == 0)
      #expect(try await drift(in: scene) == [])
    }
  }

  @Test func `dumps of all are searched for what is missing, on both sides`() async throws {
    try await SyncScene.run { scene in
      try await fill(scene)
      var comparison = Reconciliation(scene.server.ledger, PushOptions())
      var drift: [Drift] = []
      var subscriptions = CSVDump()
      for line in [
        "namespace_id,plan_code,trial,trial_ends_on,start_date", "2,premium,f,,2026-08-10",
        "3,free,f,,2020-01-01", "4,free,f,,2020-01-01", "5,free,f,,2020-01-01",
        "6,ultimate,f,,2020-01-01", "7,,f,2026-01-01,",
      ] {
        guard let row = try subscriptions.next(line) else { continue }
        drift += try comparison.compare(HeldSubscription(row))
      }
      var purchases = CSVDump()
      for line in [
        "namespace_id,add_on,purchase_xid,trial", "1,duo_enterprise,C-3,f", "1,duo_core,x,t",
        "3,duo_pro,9,t", "8,code_suggestions,10,t", "9,duo_pro,C-9,false",
      ] {
        guard let row = try purchases.next(line) else { continue }
        drift += try comparison.compare(HeldPurchase(row))
      }
      drift += try comparison.missing(subscriptions: true, addOns: true)
      #expect(
        texts(drift) == [
          "6 missing_in_ledger subscription plan_code ultimate null",
          "7 missing_in_ledger subscription plan_code free null",
          "3 subgroup duo_pro purchase_xid 9 null",
          "8 missing_in_ledger duo_pro purchase_xid 10 null",
          "1 missing_in_gitlab subscription plan_code null ultimate_trial",
          "2 missing_in_gitlab duo_pro purchase_xid null 3",
        ]
      )
      #expect(drift.filter(\.isRepairable).map(\.id.rawValue) == [1, 2])
      #expect(comparison.comparedIDs.map(\.rawValue).sorted() == Array(1...9))
      let again = HeldSubscription(try #require(try subscriptions.next("2,premium,f,,")))
      #expect(throws: DumpError("namespace 2 is there twice")) { try comparison.compare(again) }
    }
  }

  /// A later push with other options is a change like any other.
  @Test func `what GitLab is told beside the ledger is pushed`() async throws {
    var setting = SyncScene.Setting()
    setting.push.isAutoRenewed = true
    setting.push.seats = 12
    try await SyncScene.run(setting) { scene in
      try await fill(scene)
      try await scene.sync.pass()
      let held = try #require(scene.gitLab.held["2"]?.subscription)
      #expect(held.contains(#""seats":12,"auto_renew":true"#))
    }
  }
}
#endif
