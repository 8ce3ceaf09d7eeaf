import Testing

/// The source itself, checked against the tables of ``HouseRules``.
///
/// Every check lists all its violations at once, each as `path:line: what to do`.
@Suite("House rules")
struct HouseRulesTests {
  private let files = PackageTree.swift
  private var sources: [SourceText] { files.filter { $0.path.hasPrefix("Sources/") } }

  @Test func `the tree is found`() {
    #expect(files.contains { $0.path == "Package.swift" })
    #expect(sources.contains { $0.target == "LedgerCore" })
  }

  @Test func `imports follow the arrows`() {
    expectNone(sources.flatMap(violationsOfArrows))
  }

  @Test func `every source folder has its arrows`() {
    let written = Set(sources.map(\.target))
    #expect(written.subtracting(HouseRules.arrows.keys) == [], "add it to HouseRules.arrows")
    #expect(Set(HouseRules.arrows.keys).subtracting(written) == [], "a target that is gone")
  }

  @Test func `unsafe code stays in its files`() {
    expectNone(sources.flatMap(violationsOfUnsafe))
  }

  @Test func `every file on a list needs to be there`() {
    let unsafe = Set(sources.filter { $0.usesUnsafe }.map(\.path))
    #expect(HouseRules.unsafeFiles.subtracting(unsafe) == [], "these no longer say unsafe")
    let unchecked = sources.filter { !$0.linesOfCode(with: "@unchecked").isEmpty }.map(\.path)
    #expect(
      Set(HouseRules.uncheckedSendable.keys).subtracting(unchecked) == [],
      "these no longer say @unchecked"
    )
  }

  @Test func `unchecked Sendable has its proof`() {
    expectNone(
      sources.filter { HouseRules.uncheckedSendable[$0.path] == nil }.flatMap { file in
        file.linesOfCode(with: "@unchecked").map {
          "\(file.path):\($0): use a Mutex or an Atomic, or add the proof to HouseRules"
        }
      }
    )
  }

  @Test func `banned words have their replacement`() {
    expectNone(files.flatMap(violationsOfWords))
  }

  @Test func `a file fits in the head`() {
    expectNone(files.flatMap(violationsOfFileLength))
  }

  @Test func `a function fits on a screen`() {
    expectNone(files.flatMap(violationsOfFunctionLength))
  }
}

/// Records one issue that lists `violations`, if there are any.
func expectNone(_ violations: [String], sourceLocation: SourceLocation = #_sourceLocation) {
  guard !violations.isEmpty else { return }
  let count = violations.count == 1 ? "one violation" : "\(violations.count) violations"
  Issue.record(
    "\(count):\n  \(violations.joined(separator: "\n  "))",
    sourceLocation: sourceLocation
  )
}

extension SourceText {
  /// Whether unsafe code stands in it.
  var usesUnsafe: Bool {
    !linesOfCode(with: "unsafe").isEmpty
  }
}

/// The imports of `file` that no arrow allows.
func violationsOfArrows(in file: SourceText) -> [String] {
  let allowed = (HouseRules.arrows[file.target] ?? []).union(HouseRules.everywhere)
  return file.imports.filter { !allowed.contains($0.module) }.map {
    "\(file.path):\($0.line): \(file.target) may not import \($0.module)"
  }
}

/// The unsafe lines of `file` outside the listed files, or without their reason.
func violationsOfUnsafe(in file: SourceText) -> [String] {
  let lines = file.linesOfCode(with: "unsafe")
  guard HouseRules.unsafeFiles.contains(file.path) else {
    return lines.map {
      "\(file.path):\($0): unsafe code belongs in a file of HouseRules.unsafeFiles"
    }
  }
  guard !file.lines.contains(where: { $0.contains("// Sound:") }) else { return [] }
  return lines.prefix(1).map { "\(file.path):\($0): say why it is sound in a `// Sound:` comment" }
}

/// The banned words in `file`.
func violationsOfWords(in file: SourceText) -> [String] {
  HouseRules.bannedCode.filter { $0.isBanned(file.path) }.flatMap { banned in
    file.linesOfCode(with: banned.word).map {
      "\(file.path):\($0): instead of `\(banned.word)`, \(banned.instead)"
    }
  }
}

/// Whether `file` is too long.
func violationsOfFileLength(in file: SourceText) -> [String] {
  // The line feed at the end of the last line is not a line.
  let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
  guard count > HouseRules.fileLineCountMax else { return [] }
  return ["\(file.path):\(count): split it, at most \(HouseRules.fileLineCountMax) lines"]
}

/// The functions of `file` that are too long.
func violationsOfFunctionLength(in file: SourceText) -> [String] {
  file.functions.filter { $0.lineCount > HouseRules.functionLineCountMax }.map {
    "\(file.path):\($0.line): \($0.lineCount) lines, at most \(HouseRules.functionLineCountMax)"
  }
}
