import Foundation
import LedgerCore
import LedgerTestSupport
import Testing

/// The handbook's table of codes is that of the code.
@Suite("Page of codes")
struct CodePageTests {
  private func page() throws -> String {
    let path = "Sources/TrialLedger/TrialLedger.docc/Integrating.md"
    return try String(contentsOf: packageFolder.appending(path: path), encoding: .utf8)
  }

  /// The names in the first column of the table under a heading row.
  private func rows(under heading: String, of page: String) -> [String] {
    page.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { $0 != heading }.dropFirst(2).prefix { $0.hasPrefix("|") }
      .compactMap { $0.wholeMatch(of: /\| `([a-z_]+)` \|.*/).map { String($0.1) } }
  }

  /// The code of a conflict of each kind: one more kind does not compile.
  private func conflictCodes() throws -> [String] {
    let id = try #require(CommandID("a"))
    let all: [Conflict] = [.commandIDReused(id), .versionConflict(expected: 0, actual: 1)]
    return all.map { conflict in
      switch conflict {
      case .commandIDReused, .versionConflict: conflict.code
      }
    }
  }

  @Test func `every code that the ledger gives stands in it, and no other`() throws {
    let told = rows(under: "| code | when | what the caller does |", of: try page())
    let given =
      RefusalCode.allCases.map(\.rawValue) + (try conflictCodes()) + [InvalidRequest.code]
    #expect(Set(told) == Set(given))
    #expect(told.count == given.count, "a code stands in it twice")
  }

  @Test func `every command stands in it`() throws {
    let told = rows(under: "| command | members beside `namespace_id` | verb |", of: try page())
    let type = type("dap")
    let actions: [Command.Action] = [
      .startTrial(type), .extendTrial(nil), .reactivateTrial(nil), .endTrial(type),
      .changePlan(plan("free"), startsOn: nil, endsOn: nil), .moveNamespace(parent: nil),
    ]
    for action in actions {
      switch action {
      case .startTrial, .extendTrial, .reactivateTrial, .endTrial, .changePlan, .moveNamespace:
        break
      }
    }
    #expect(told == actions.map(\.name))
  }
}
