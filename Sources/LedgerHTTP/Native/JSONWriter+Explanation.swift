package import LedgerCore
package import LedgerFormat
package import TrialLedger

extension JSONWriter {
  /// Writes why a namespace may or may not start trial types, each with its condition tree; events
  /// are named by position and type only, so that it shows nobody's words.
  package mutating func value(_ explanation: Explanation) {
    object { writer in
      writer.member("namespace_id", explanation.namespaceID)
      writer.member("date", explanation.basis.date)
      writer.member("position", explanation.basis.position)
      writer.members(of: explanation.basis.inForce)
      writer.member("parent_id", explanation.state.parent)
      writer.memberArray("trial_types") { writer in
        for entry in explanation.entries {
          writer.object { writer in
            writer.member("trial_type", entry.type.code)
            writer.member("eligible", entry.isEligible)
            writer.member("active", entry.isActive)
            writer.name("eligible_when")
            writer.value(entry.condition)
          }
        }
      }
      writer.memberArray("events") { writer in
        for event in explanation.events {
          writer.object { writer in
            writer.member("position", event.position)
            writer.member("type", event.fact.name)
          }
        }
      }
    }
  }

  /// Writes a node of a condition tree: what it says, its value, since when and until when, and for
  /// a leaf the positions of the events it rests on.
  package mutating func value(_ node: ExplainedCondition) {
    object { writer in
      writer.member("path", node.path)
      writer.member("test", node.condition.key)
      if let code = node.condition.refuseAs { writer.member("refuse_as", code) }
      writer.member("value", node.value)
      writer.member("since", node.since)
      writer.member("until", node.until)
      if node.children.isEmpty {
        writer.name("condition")
        writer.value(node.condition, withCodes: false)
        writer.member("positions", node.positions)
      } else {
        writer.memberArray("children") { writer in
          for child in node.children { writer.value(child) }
        }
      }
    }
  }
}
