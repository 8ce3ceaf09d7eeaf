package import TrialLedger

/// Something that follows the ledger and does something about what comes, as the server looks at it: the
/// analysts' tables, the invalidation of a cache, the pushes to GitLab.
package struct LedgerFollower: Sendable {
  /// How far it is.
  package struct Status: Sendable {
    /// The events that it has not dealt with.
    package var lagEventCount: Int
    /// Since when something that it should have done is not done; `nil` when nothing is, or when only
    /// the events count.
    package var behindSince: Instant?
    /// Whether it tried and something kept it from it.
    package var isFailed: Bool

    /// A status of the given parts.
    package init(lagEventCount: Int, behindSince: Instant? = nil, isFailed: Bool = false) {
      self.lagEventCount = lagEventCount
      self.behindSince = behindSince
      self.isFailed = isFailed
    }
  }

  /// A number that an operator looks at.
  package struct Measure: Sendable {
    /// The name without what all have in front and without `_total`.
    package let name: String
    /// Whether it only grows while the process runs.
    package let isCounter: Bool
    /// What it says, for those who read the page.
    package let help: String
    /// The number, or several that differ by labels.
    package let samples: [(labels: [(name: String, value: String)], value: Int)]

    /// A number of the given parts.
    package init(_ name: String, isCounter: Bool = true, _ help: String, _ value: Int) {
      self.init(name, isCounter: isCounter, help, by: "", [("", value)])
    }

    /// Numbers that differ by the value of a label; without a name there is none.
    package init(
      _ name: String,
      isCounter: Bool = true,
      _ help: String,
      by label: String,
      _ values: [(of: String, value: Int)]
    ) {
      self.name = name
      self.isCounter = isCounter
      self.help = help
      samples = values.map { (label.isEmpty ? [] : [(label, $0.of)], $0.value) }
    }
  }

  /// The name, `[a-z_]+`, of which the codes of `/readyz` are made.
  package let name: String
  /// Whether the server is not ready while it is too far behind.
  package let isNeeded: Bool
  /// How far it is; may block, and throws when that cannot be told.
  package let status: @Sendable () throws -> Status
  /// What else is counted of it; does not block.
  package let measures: @Sendable () -> [Measure]

  /// A follower of that name.
  package init(
    name: String,
    isNeeded: Bool = true,
    status: @escaping @Sendable () throws -> Status,
    measures: @escaping @Sendable () -> [Measure] = { [] }
  ) {
    self.name = name
    self.isNeeded = isNeeded
    self.status = status
    self.measures = measures
  }
}

extension LedgerFollower {
  /// The snapshots that `ledger` takes now and then: what a start would have to fold is their lag.
  static func snapshots(of ledger: Ledger) -> LedgerFollower? {
    guard ledger.snapshotSize != nil else { return nil }
    return LedgerFollower(name: "snapshots", isNeeded: false) {
      Status(lagEventCount: max(0, ledger.size - (ledger.snapshotSize ?? 0)))
    }
  }

  /// The states that questions are answered from.
  static func projection(of ledger: Ledger) -> LedgerFollower {
    LedgerFollower(name: "projection") {
      Status(
        lagEventCount: ledger.unfoldedCount,
        isFailed: ledger.followingProblem != nil
      )
    }
  }
}
