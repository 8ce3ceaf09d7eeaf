package import LedgerFormat

extension JSONWriter {
  /// Writes what becomes of everybody when one rule set takes the place of another, as the command
  /// line and `/v1/rules/diff` give it.
  ///
  /// - Complexity: O(types + plans + days + leaves).
  package mutating func value(_ difference: RulesDifference) {
    object { writer in
      writer.member("date", difference.firstDay)
      writer.member("days", difference.dayCount - 1)
      writer.member("position", difference.position)
      writer.memberObject("from") { $0.members(of: difference.from) }
      writer.memberObject("to") { $0.members(of: difference.to) }
      writer.member("namespaces", difference.namespaceCount)
      writer.member("changed_namespaces", difference.changedNamespaceCount)
      writer.members(of: difference.total)
      writer.memberArray("by_type") { writer in
        for (type, count) in difference.byType {
          writer.row("trial_type", type.code, count)
        }
      }
      writer.memberArray("by_plan") { writer in
        for (plan, count) in difference.byPlan { writer.row("plan", plan.code, count) }
      }
      writer.memberArray("by_day") { writer in
        for (day, count) in difference.byDay { writer.row("date", day.description, count) }
      }
      writer.memberArray("by_leaf") { writer in
        for reason in difference.byReason { writer.value(reason) }
      }
      writer.memberObject("unknown_namespaces") { writer in
        writer.member("gains", difference.gainsOfUnknown.map(\.code))
        writer.member("losses", difference.lossesOfUnknown.map(\.code))
      }
    }
  }

  private mutating func row(_ name: String, _ value: String, _ count: RulesDifference.Count) {
    object { writer in
      writer.member(name, value)
      writer.members(of: count)
    }
  }

  private mutating func members(of count: RulesDifference.Count) {
    member("gains", count.gains)
    member("losses", count.losses)
  }

  private mutating func value(_ reason: RulesDifference.Reason) {
    object { writer in
      writer.member("trial_type", reason.type.code)
      writer.member("change", reason.direction.rawValue)
      writer.member("count", reason.count)
      writer.name("leaf")
      writer.value(reason.leaf)
      writer.memberArray("samples") { writer in
        for sample in reason.samples {
          writer.object { writer in
            writer.member("namespace_id", sample.namespaceID)
            writer.member("first_day", sample.firstDay)
            writer.member("last_day", sample.lastDay)
            writer.member("days", sample.dayCount)
          }
        }
      }
    }
  }

  private mutating func value(_ leaf: RulesDifference.Leaf?) {
    guard let leaf else { return null() }
    object { writer in
      writer.member("rules", leaf.rulesID.text)
      writer.member("path", leaf.path)
      writer.name("condition")
      writer.value(leaf.condition, withCodes: false)
      if let code = leaf.refuseAs { writer.member("refuse_as", code) }
    }
  }
}
