import LedgerCore
import LedgerRuleFiles
import LedgerTestSupport
import Testing

@Suite("Errors of rule files")
struct RuleFileErrorTests {
  /// A valid file, which each case breaks in one place.
  static let base = """
    format: 1
    id: sample
    plans:
      known: [free, premium, ultimate]
      paid: [premium, ultimate]
      fallback: free
    trial_types:
      - name: gold_trial
        duration_days: 30
        eligible_when:
          paid: false
    """

  /// The base with one text replaced by another.
  struct Change {
    let title: String
    let text: String

    init(_ old: String, _ new: String) {
      title = "\(old) -> \(new)"
      text = RuleFileErrorTests.base.replacing(old, with: new)
    }

    init(appended: String) {
      title = "+ \(appended)"
      text = RuleFileErrorTests.base + "\n" + appended
    }

    init(condition: String) {
      title = condition
      text = RuleFileErrorTests.base.replacing("paid: false", with: condition)
    }

    init(_ title: String, text: String) {
      self.title = title
      self.text = text
    }
  }

  static let syntax: [Change] = [
    Change("empty", text: ""),
    Change("comment only", text: "# nothing\n"),
    Change("a text", text: "hello"),
    Change("a list", text: "[a, b]"),
    Change("byte order mark", text: "\u{feff}" + base),
    Change("sample", "\u{7}sample"),
    Change("paid: false", "paid: [false"),
    Change("paid: false", "paid: 'false"),
    Change("paid: false", "\tpaid: false"),
    Change(appended: "---\nformat: 1"),
    Change(appended: "...\n---\nx"),
    Change(appended: "id: again"),
    Change(appended: "\"id\": again"),
    Change("      paid: false", "      paid: false\n      paid: true"),
    Change("duration_days: 30", "duration_days: {otherwise: 30, premium: 10, premium: 20}"),
    Change("id: sample", "id: !!str sample"),
    Change("id: sample", "id: !!str \"sample\""),
    Change("id: sample", "id: ! sample"),
    Change("id: sample", "id: &name !local sample"),
    Change("[free, premium, ultimate]", "!!seq [free, premium, ultimate]"),
    Change("paid: false", "<<: {paid: false}"),
    Change("paid: false", "not: *missing"),
    Change("paid: false", "not: &loop {not: *loop}"),
    Change("paid: false", "{a: b}: c"),
    Change("paid: false", "? [a]\n      : c"),
    Change("id: sample", "id: &x sample\n*x : again"),
  ]

  static let fields: [Change] = [
    Change("format: 1", "format: 2"),
    Change("format: 1\n", ""),
    Change("id: sample\n", ""),
    Change("id: sample", "id: Sample"),
    Change("id: sample", "id: [sample]"),
    Change("id: sample", "id:"),
    Change(appended: "descripton: x"),
    Change("[free, premium, ultimate]", "free"),
    Change("[free, premium, ultimate]", "[]"),
    Change("[free, premium, ultimate]", "[free, premium, ultimate, free]"),
    Change("[free, premium, ultimate]", "[free, premium, Ultimate]"),
    Change("[premium, ultimate]\n", "[premium, gold]\n"),
    Change("[premium, ultimate]\n", "[premium, premium]\n"),
    Change("[premium, ultimate]\n", "[]\n"),
    Change("fallback: free", "fallback: premium"),
    Change("fallback: free", "fallback: gold"),
    Change("  fallback: free\n", ""),
    Change("name: gold_trial", "name: any"),
    Change("name: gold_trial", "name: gold-trial"),
    Change("name: gold_trial", "title: gold_trial"),
    Change("duration_days: 30", "duration_days: 0"),
    Change("duration_days: 30", "duration_days: 3651"),
    Change("duration_days: 30", "duration_days: 030"),
    Change("duration_days: 30", "duration_days: 0x1E"),
    Change("duration_days: 30", "duration_days: 3_0"),
    Change("duration_days: 30", "duration_days: +30"),
    Change("duration_days: 30", "duration_days: -1"),
    Change("duration_days: 30", "duration_days: 30.0"),
    Change("duration_days: 30", "duration_days: 99999999999999999999"),
    Change("duration_days: 30", "duration_days: [30]"),
    Change("duration_days: 30", "duration_days: {premium: 60}"),
    Change("duration_days: 30", "duration_days: {gold: 60, otherwise: 30}"),
    Change("duration_days: 30", "duration_days: {premium: 0, otherwise: 30}"),
    Change("duration_days: 30", "duration_days: 30\n    plan_while_active: gold"),
    Change("duration_days: 30", "duration_days: 30\n    ends_when_paid: yes"),
    Change("duration_days: 30", "duration_days: 30\n    ends_when_paid: True"),
    Change("    eligible_when:\n      paid: false", "    eligible_if: {paid: false}"),
    Change(
      "two types of one name",
      text: base + "\n  - {name: gold_trial, duration_days: 1, eligible_when: {paid: true}}"
    ),
    Change(appended: "extension: {days: 30}"),
    Change(appended: "extension: {days: 0, allowed_when: {paid: true}}"),
    Change(appended: "extension: {days: 30, of: gold, allowed_when: {paid: true}}"),
    Change(appended: "reactivation: {days: 30, of: [any], allowed_when: {paid: true}}"),
    Change(appended: "reactivation: {days: 30, of: [], allowed_when: {paid: true}}"),
    Change(appended: "reactivation: 30"),
  ]

  static let conditions: [Change] = [
    Change(condition: "free: true"),
    Change(condition: "refuse_as: never"),
    Change(condition: "{}"),
    Change(condition: "[paid, free]"),
    Change(condition: "payed"),
    Change(condition: "{paid: false, ever_paid: false}"),
    Change(condition: "{paid: false, refuse_as: Not-Paid}"),
    Change(condition: "{paid: false, refuse_as: ''}"),
    Change(condition: "paid: no"),
    Change(condition: "paid: off"),
    Change(condition: "paid: FALSE"),
    Change(condition: "paid: 0"),
    Change(condition: "paid: ~"),
    Change(condition: "ever_paid: [true]"),
    Change(condition: "all: []"),
    Change(condition: "any: {paid: true}"),
    Change(condition: "all: [{paid: true}, {payed: true}, {any: []}]"),
    Change(condition: "not: [{paid: true}]"),
    Change(condition: "not:"),
    Change(condition: "plan_in: free"),
    Change(condition: "plan_in: []"),
    Change(condition: "plan_in: [free, free]"),
    Change(condition: "plan_in: [gold]"),
    Change(condition: "has_trialed: gold_trial"),
    Change(condition: "has_trialed: []"),
    Change(condition: "has_trialed: [any]"),
    Change(condition: "has_trialed: [a, b, a]"),
    Change(condition: "active_trial: {of: any}"),
    Change(condition: "trial_count: 1"),
    Change(condition: "trial_count: {at_most: 1}"),
    Change(condition: "trial_count: {of: any}"),
    Change(condition: "trial_count: {of: any, at_most: 36501}"),
    Change(condition: "trial_count: {of: any, at_most: 1, at_least: 0}"),
    Change(condition: "days_since: {last: trial_end, of: any}"),
    Change(condition: "days_since: {last: trial, of: any, at_least: 1}"),
    Change(condition: "days_since: {last: trial_end, of: any, at_least: 36501}"),
    Change(condition: "extensions_used: 1"),
    Change(condition: "reactivations_used: {at_most: one}"),
    Change(condition: "extensions_and_reactivations_used: {at_least: 1}"),
  ]

  @Test func `the base has no error`() throws {
    #expect(try RuleFile.read(Self.base).trialTypes.count == 1)
  }

  /// One line a problem: what was written, and what is said about it where.
  @Test func `every mistake is told with its place`() {
    var lines: [String] = []
    for change in Self.syntax + Self.fields + Self.conditions {
      let title = change.title.replacing("\n", with: "⏎").replacing("\t", with: "→")
        .replacing("\u{7}", with: "U+7")
      do throws(RuleFileError) {
        _ = try RuleFile.read(change.text)
        Issue.record("accepted: \(title)")
      } catch {
        for problem in error.problems { lines.append("\(title)  ⇒  \(problem)") }
      }
    }
    expectSnapshot(of: lines.joined(separator: "\n") + "\n", at: "Rules/lint-errors.txt")
  }

  @Test func `all problems of a file are told at once`() {
    let text = Self.base.replacing("id: sample", with: "id: S").replacing("30", with: "0")
      .replacing("paid: false", with: "paid: no")
    do throws(RuleFileError) {
      _ = try RuleFile.read(text)
      Issue.record("accepted")
    } catch {
      #expect(error.problems.map(\.position.line) == [2, 9, 11])
    }
  }

  @Test func `bytes that are not UTF-8 are refused where they stand`() {
    let bytes = Array("format: 1\nid: é".utf8) + [0xff] + Array("x".utf8)
    do throws(RuleFileError) {
      _ = try RuleFile.read(bytes)
      Issue.record("accepted")
    } catch {
      #expect(error.problems.map(\.position) == [TextPosition(line: 2, column: 6)])
    }
  }
}
