import Foundation
import Testing

/// What holds for the files of the repository whatever their language.
@Suite("Tree rules")
struct TreeRulesTests {
  private let tree = PackageTree.current

  @Test func `the top level holds what it should and nothing else`() {
    let names = Set(tree.paths.compactMap { $0.split(separator: "/").first.map(String.init) })
    let extra = names.filter { !$0.hasPrefix(".") && !HouseRules.topLevel.contains($0) }
    #expect(extra == [], "move it, or delete it")
    #expect(HouseRules.topLevel.subtracting(names) == [], "it is missing")
  }

  @Test func `no test asks for a snapshot that nobody reads`() {
    let tests = tree.paths(below: "Tests").filter { $0.hasSuffix(".swift") }.map(tree.text)
    let ruleSets = tree.paths(below: "Sources/LedgerRuleFiles/Bundled").compactMap {
      $0.split(separator: "/").last.map { String($0.prefix { $0 != "." }) }
    }
    let forgotten = tree.paths(below: "Snapshots").filter { path in
      let name = String(path.dropFirst("Snapshots/".count))
      let isComposed =
        HouseRules.composedSnapshots.keys.contains { name.hasPrefix($0 + "/") }
        && ruleSets.contains { name.contains($0) }
      return !isComposed && !tests.contains { $0.contains(name) }
    }
    expectNone(forgotten.map { "\($0): no test names it; delete it" })
  }

  @Test func `composed snapshots are written by the test that is named for them`() {
    for (folder, test) in HouseRules.composedSnapshots {
      #expect(tree.paths.contains(test), "\(test) is gone")
      #expect(tree.text(of: test).contains(folder), "\(test) does not name \(folder)")
      #expect(!tree.paths(below: "Snapshots/" + folder).isEmpty, "Snapshots/\(folder) is empty")
    }
  }

  @Test func `nothing is left open`() {
    expectNone(
      textPaths.flatMap { path in
        let text = tree.text(of: path)
        return HouseRules.openEnds.filter { containsWord($0, in: text) }
          .map { "\(path): finish what \($0) says, or open an issue" }
      }
    )
  }

  @Test func `no path of one machine stands in a file`() {
    expectNone(textPaths.flatMap { machinePaths(in: tree.text(of: $0), at: $0) })
  }

  @Test func `links of the README and of the handbook lead somewhere`() {
    let pages = tree.paths.filter { $0.hasSuffix(".md") }
    let names = Set(
      pages.compactMap { $0.split(separator: "/").last?.dropLast(3) }.map(String.init)
    )
    expectNone(
      pages.flatMap { page in
        let text = tree.text(of: page)
        let folder = page.split(separator: "/").dropLast().joined(separator: "/")
        let dead = relativeLinks(in: text).filter { link in
          let path = folder.isEmpty ? link : folder + "/" + link
          return !FileManager.default.fileExists(atPath: tree.root.appending(path: path).path)
        }
        let unknown = documentLinks(in: text).filter { !names.contains($0) }
        return (dead + unknown.map { "doc:" + $0 }).map { "\(page): nothing at \($0)" }
      }
    )
  }

  @Test func `document links in comments lead to a page of the handbook`() {
    let pages = tree.paths.filter { $0.hasSuffix(".md") }
    let names = Set(
      pages.compactMap { $0.split(separator: "/").last?.dropLast(3) }.map(String.init)
    )
    expectNone(
      PackageTree.swift.filter { $0.path.hasPrefix("Sources/") }.flatMap { file in
        documentLinks(in: file.lines.joined(separator: "\n")).filter { !names.contains($0) }
          .map { "\(file.path): no page \($0).md" }
      }
    )
  }

  @Test func `the Swift of the pages is compiled`() {
    let example = HouseRules.compiledExamples.flatMap { trimmedLines(of: tree.text(of: $0)[...]) }
    #expect(!example.isEmpty)
    expectNone(
      tree.paths.filter { $0.hasSuffix(".md") }.flatMap { page in
        swiftBlocks(in: tree.text(of: page)).flatMap { block in
          block.split(separator: "").filter { $0 != ["import TrialLedger"] }
            .filter { !example.contains($0) }
            .map { "\(page): `\($0.first ?? "")` … is in none of \(HouseRules.compiledExamples)" }
        }
      }
    )
  }

  @Test func `tests that the pages name are there`() {
    let names = testNames(in: tree)
    expectNone(
      tree.paths.filter { $0.hasSuffix(".md") }.flatMap { page in
        testFilters(in: tree.text(of: page)).filter { filter in
          !names.contains { $0.contains(filter) }
        }
        .map { "\(page): no test has '\($0)' in its name" }
      }
    )
  }

  @Test func `scripts can be run`() {
    let scripts = (tree.paths(below: "Tools") + tree.paths(below: ".ci")).filter {
      tree.text(of: $0).hasPrefix("#!")
    }
    #expect(!scripts.isEmpty)
    expectNone(
      scripts.filter {
        !FileManager.default.isExecutableFile(atPath: tree.root.appending(path: $0).path)
      }.map { "\($0): chmod +x" }
    )
  }

  /// All but the handmade binary files of Snapshots.
  private var textPaths: [String] {
    tree.paths.filter { !tree.text(of: $0).contains("\0") }
  }
}

/// The places in `text` that name a folder of one machine.
func machinePaths(in text: String, at path: String) -> [String] {
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  return lines.indices.flatMap { index in
    HouseRules.machineFolders.filter { containsWord("/" + $0, in: String(lines[index])) }.map {
      "\(path):\(index + 1): a path below /\($0) exists on one machine only"
    }
  }
}

/// Whether `word` stands in `text` and no letter, digit or underscore follows it or, where it begins
/// with a letter, goes before it.
func containsWord(_ word: String, in text: String) -> Bool {
  var rest = text[...]
  while let range = rest.firstRange(of: word) {
    let before = text[..<range.lowerBound].last
    let after = text[range.upperBound...].first
    let beginsWithLetter = word.first?.isLetter ?? false
    if !(beginsWithLetter && isWordPart(before)) && !isWordPart(after) { return true }
    rest = rest[range.upperBound...]
  }
  return false
}

private func isWordPart(_ character: Character?) -> Bool {
  character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
}

/// The targets of Markdown links in `text` that are files of this repository, without their anchors.
func relativeLinks(in text: String) -> [String] {
  text.split(separator: "](").dropFirst().compactMap { rest in
    let target = rest.prefix { $0 != ")" && $0 != "\n" }
    let path = target.prefix { $0 != "#" }
    return path.isEmpty || target.contains(":") ? nil : String(path)
  }
}

/// What `--filter` is given in `text`, each alternative by itself; what is left open (`…`) is none.
func testFilters(in text: String) -> [String] {
  text.split(separator: "--filter ", omittingEmptySubsequences: false).dropFirst().flatMap { rest in
    let isQuoted = rest.first == "'"
    let filter =
      isQuoted
      ? rest.dropFirst().prefix { $0 != "'" }
      : rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    return filter.contains("…") ? [] : filter.split(separator: "|").map(String.init)
  }
}

/// The names that `--filter` looks at: those of targets, suites and functions of Tests.
func testNames(in tree: PackageTree) -> Set<String> {
  let paths = tree.paths(below: "Tests")
  var names = Set(paths.compactMap { $0.split(separator: "/").dropFirst().first.map(String.init) })
  for path in paths where path.hasSuffix(".swift") {
    for line in tree.text(of: path).split(separator: "\n") {
      for keyword in ["func `", "struct "] {
        guard let range = line.firstRange(of: keyword) else { continue }
        let end: Character = keyword == "struct " ? " " : "`"
        names.insert(String(line[range.upperBound...].prefix { $0 != end }))
      }
    }
  }
  return names
}

/// The Swift in `text`, block by block, as lines without their indentation.
func swiftBlocks(in text: String) -> [[Substring]] {
  text.split(separator: "```swift\n", omittingEmptySubsequences: false).dropFirst().map { rest in
    trimmedLines(of: rest.split(separator: "```", omittingEmptySubsequences: false)[0])
  }
}

/// The lines of `text` without their indentation.
func trimmedLines(of text: Substring) -> [Substring] {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }
}

/// The pages that `<doc:…>` links in `text` name.
func documentLinks(in text: String) -> [String] {
  text.split(separator: "<doc:", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
    let name = rest.prefix { $0 != ">" && $0 != "\n" && $0 != "#" }
    return name.isEmpty || name.contains("…")
      ? nil : name.split(separator: "/").last.map(String.init)
  }
}
