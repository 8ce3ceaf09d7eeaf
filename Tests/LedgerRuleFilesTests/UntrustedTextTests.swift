import LedgerCore
import LedgerRuleFiles
import LedgerTestSupport
import Testing

/// Rule files come from people and over the network: whatever they are, reading ends soon with a
/// rule set or with problems that have a place in the text.
@Suite("Untrusted rule files")
struct UntrustedTextTests {
  private static let base = RuleFileErrorTests.base

  private func problem(of text: String) -> TextProblem? {
    do throws(RuleFileError) {
      _ = try RuleFile.read(text)
      return nil
    } catch {
      return error.problems.first
    }
  }

  @Test func `a file may have 48 KiB and no byte more`() {
    let padding = 48 * 1_024 - Self.base.utf8.count - 2
    let largest = Self.base + "\n#" + String(repeating: "x", count: padding)
    #expect(largest.utf8.count == 49_152)
    #expect(problem(of: largest) == nil)
    #expect(
      problem(of: largest + "x")
        == TextProblem(.start, "the file has 49153 bytes; at most 49152 are read")
    )
  }

  @Test func `containers may be 32 deep and no deeper`() {
    // The condition stands in the root map, the list of types and the map of a type; each level of
    // `not` is one more.
    func file(depth: Int) -> String {
      let count = depth - 4
      let nested =
        String(repeating: "{not: ", count: count) + "{paid: true}"
        + String(repeating: "}", count: count)
      return Self.base.replacing(
        "eligible_when:\n      paid: false",
        with: "eligible_when: \(nested)"
      )
    }
    #expect(problem(of: file(depth: 32)) == nil)
    #expect(
      problem(of: file(depth: 33))?.message == "more than 32 lists and maps stand in one another"
    )
  }

  /// The nodes of the base with a description of one alias list: counted by hand below.
  @Test func `aliases may expand to 10,000 values and no more`() throws {
    // The base has 33 values: the root, 5 keys, format and id, the plans with 3 keys and 8 values,
    // the list of types with a map, its 3 keys, 2 texts, and the condition with key and value.
    #expect(problem(of: file(valueCount: 10_000)) == nil)
    let tooMany = try #require(problem(of: file(valueCount: 10_001)))
    #expect(tooMany.message.hasPrefix("the file has more than 10000 values"))
  }

  /// A file that expands to exactly so many values.
  private func file(valueCount: Int) -> String {
    let baseCount = nodeCount(
      format: 2,
      id: 2,
      plans: 1 + 1 + (1 + 1 + 3) + (1 + 1 + 2) + 2,
      types: 1 + 1 + 1 + 2 + 2 + (1 + 1 + 2)
    )
    // The extension: its key, a map, `days` with value, `allowed_when` with an `all` map and list.
    var left = valueCount - baseCount - (1 + 1 + 2 + 1 + 1 + 1 + 1)
    // One entry defines the alias: {paid: true}, a map, a key and a value. Groups of 100 entries
    // are aliased as a whole: `all`, its list and 100 times three values.
    var entries = ["&c {all: [&l {paid: true}" + String(repeating: ", *l", count: 99) + "]}"]
    let groupCount = 1 + 1 + 1 + 300
    left -= groupCount
    while left >= groupCount {
      entries.append("*c")
      left -= groupCount
    }
    while left >= 6 {
      entries.append("{paid: true}")
      left -= 3
    }
    // 3, 4 or 5 are left: a condition of that many values.
    switch left {
    case 3: entries.append("{paid: true}")
    case 4: entries.append("{plan_in: [free]}")
    case 5: entries.append("{paid: true, refuse_as: x}")
    default: Issue.record("\(left) values are left over")
    }
    return Self.base
      + "\nextension: {days: 1, allowed_when: {all: [\(entries.joined(separator: ", "))]}}"
  }

  private func nodeCount(format: Int, id: Int, plans: Int, types: Int) -> Int {
    1 + format + id + plans + types
  }

  @Test func `towers of aliases are refused without being climbed`() {
    var lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in 1...200 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      lines.append("a\(level): &a\(level) [\(aliases)]")
    }
    let tower = lines.joined(separator: "\n")
    #expect(problem(of: tower)?.message.hasPrefix("the file has more than 10000 values") == true)
    // As a key, the composer would have to walk it.
    for key in [
      "? *a200\n: x", "? [*a200]\n: x", "*a200 : x", "{*a200: x}: y", "[*a200, *a200]: y",
    ] {
      #expect(problem(of: tower + "\n" + key) != nil, "\(key)")
    }
    #expect(problem(of: "- " + tower.replacing("\n", with: "\n  ") + "\n- {? *a200 : x}") != nil)
    #expect(problem(of: "---\n" + tower + "\n? *a200\n: x") != nil)
    #expect(problem(of: "%YAML 1.1\n---\n" + tower + "\n? *a200\n: x") != nil)
    #expect(problem(of: "# first\n\n---\n" + tower + "\n? *a200\n: x") != nil)
    #expect(problem(of: "...\n" + tower + "\n? *a200\n: x") != nil)
    #expect(problem(of: "--- \n--- \n" + tower + "\n? *a200\n: x") != nil)
  }

  @Test func `what looks like an alias in a text changes nothing`() throws {
    let text =
      "description: \"all *rights & &duties, '*x' \\\"*y\\\" 5*3\"\n"
      + Self.base.replacing("paid: false", with: "all: [&c {paid: false}, {not: *c}]")
    let rules = try RuleFile.read(text)
    #expect(rules.description == "all *rights & &duties, '*x' \"*y\" 5*3")
    let paid = Condition(.paid(false))
    #expect(rules.trialTypes.first?.eligibleWhen == Condition(.all([paid, Condition(.not(paid))])))
  }

  @Test(arguments: ["[", "{", "- ", "? ", "[{", "{a: [", "- ? ", "&a [", "{? "])
  func `deep nesting is refused and does not use up the stack`(opening: String) {
    let text = String(repeating: opening, count: 48_000 / opening.utf8.count)
    #expect(problem(of: text) != nil)
    #expect(problem(of: text + "*a") != nil)
    #expect(problem(of: String(repeating: opening, count: 990 / opening.utf8.count)) != nil)
  }

  @Test func `keys of keys of keys do not take long`() {
    let list = "[" + String(repeating: "a,", count: 20_000) + "]"
    #expect(
      problem(of: String(repeating: "? ", count: 900) + list)
        == TextProblem(
          TextPosition(line: 1, column: 129),
          "keys are not written with '?'; write 'key: value'"
        )
    )
    #expect(problem(of: String(repeating: "? ", count: 64) + list) != nil)
    #expect(problem(of: String(repeating: "{?", count: 900) + list) != nil)
    #expect(problem(of: String(repeating: "{? &a ", count: 900) + list) != nil)
    let line = String(repeating: "[", count: 250) + "x" + String(repeating: "]: x", count: 250)
    #expect(problem(of: String(repeating: "- \(line)\n", count: 30)) != nil)
  }

  /// Every fourth seed changes bytes, the others move whole tokens about.
  @Test(arguments: seeds(longTests ? 64 : 8))
  func `damaged files are refused or read, and never trap`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let tokens = [
      "*base", "&base ", "*", "&a", "!", "!!str ", "<<: ", "? ", ": ", "- ", "[", "]", "{", "}",
      "\n",
      "\n---\n", "\n...\n", "%YAML 1.1\n", "\"", "'", "|\n", ">\n", "#", "\t", "  ", "any", "not: ",
      "{}", "[]", ",", "\u{85}", "\u{2028}", "\u{301}", "\u{1f600}", "0", "99999999999999999999",
    ]
    for _ in 0..<60 {
      guard let set = BundledRules.all.randomElement(using: &generator) else { return }
      var bytes = Array(set.text.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
          bytes[index] = .random(in: 0...255, using: &generator)
        case 1:
          let end = min(bytes.count, index + Int.random(in: 1...40, using: &generator))
          bytes.removeSubrange(index..<end)
        case 2:
          bytes.removeSubrange(index...)
        default:
          bytes.insert(
            contentsOf: (tokens.randomElement(using: &generator) ?? "").utf8,
            at: index
          )
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      do throws(RuleFileError) {
        let rules = try RuleFile.read(bytes)
        #expect(!rules.trialTypes.isEmpty)
      } catch {
        let lineCount = String(decoding: bytes, as: UTF8.self).unicodeScalars.count { scalar in
          scalar.properties.generalCategory == .control
            || scalar.properties.generalCategory == .lineSeparator
        }
        for problem in error.problems {
          #expect((1...lineCount + 1).contains(problem.position.line), "\(problem)")
          #expect(problem.position.column >= 1)
          #expect(!problem.message.isEmpty)
        }
      }
    }
  }
}
