import Testing

/// Each check finds what it is for: a rule that cannot fail is not a rule.
@Suite("Checks of the house rules")
struct RuleCheckTests {
  private func file(_ text: String, at path: String = "Sources/LedgerCore/X.swift") -> SourceText {
    SourceText(path: path, text: text)
  }

  @Test func `an import against the arrows is found`() {
    #expect(violationsOfArrows(in: file("public import Foundation\n")).count == 1)
    #expect(
      violationsOfArrows(in: file("@preconcurrency package import struct Yams.Node")).count == 1
    )
    #expect(violationsOfArrows(in: file("import Synchronization\n// import Yams")).isEmpty)
  }

  @Test func `a word in a comment or a string is no code`() {
    let quiet = ##"""
      // try! Date() print(
      /* as! /* nested try! */ as! */
      let a = "try! \"quoted\" as!"
      let b = #"try! " \( as! "#
      func `a test that says try! and "print("`() {}
      """##
    #expect(violationsOfWords(in: file(quiet)).isEmpty)
  }

  @Test func `a word behind a string or in an interpolation is code`() {
    let loud = ##"""
      let a = "…" + (try! b())
      let c = "\(try! d("x")) and"
      let e = #"\#(try! f()) and \(quiet try!)"#; try! g()
      """##
    #expect(file(loud).linesOfCode(with: "try!") == [1, 2, 3])
    let lines = ["let a = \"\"\"", "  try! \\(try! b())", "  \"\"\"", "try! c()"]
    #expect(file(lines.joined(separator: "\n")).linesOfCode(with: "try!") == [2, 4])
  }

  @Test func `a banned word is found where it is banned`() {
    for banned in HouseRules.bannedCode {
      let paths = ["Sources/LedgerHTTP/X.swift", "Tests/LedgerHTTPTests/X.swift"]
      let found = paths.flatMap { violationsOfWords(in: file("  \(banned.word)", at: $0)) }
      #expect(!found.isEmpty, "\(banned.word)")
    }
    #expect(violationsOfWords(in: file("let blueprint(a), upDate(), nosleep(1)")).isEmpty)
    #expect(violationsOfWords(in: file("print(1)", at: "Sources/LedgerCLI/Verb.swift")).isEmpty)
  }

  @Test func `unsafe code outside its files is found`() {
    #expect(violationsOfUnsafe(in: file("let a = unsafe b()")).count == 1)
    #expect(violationsOfUnsafe(in: file("// unsafe\nlet unsafely = 1")).isEmpty)
    for path in HouseRules.unsafeFiles.prefix(1) {
      #expect(violationsOfUnsafe(in: file("let a = unsafe b()", at: path)).count == 1)
      #expect(violationsOfUnsafe(in: file("// Sound: c.\nlet a = unsafe b()", at: path)).isEmpty)
    }
  }

  @Test func `a test that a page names is looked for by what it is called`() {
    let page = """
      `swift test --filter 'a tail|no key'`, `--filter HouseRulesTests`, `swift test --filter …`
      """
    #expect(testFilters(in: page) == ["a tail", "no key", "HouseRulesTests"])
    let names = testNames(in: .current)
    #expect(names.contains("HouseRulesTests") && names.contains("RuleCheckTests"))
    #expect(names.contains("a test that a page names is looked for by what it is called"))
    #expect(!names.contains { $0.contains("a test that nobody " + "wrote") })
  }

  @Test func `a long file is found`() {
    let line = "let a = 1\n"
    let longest = String(repeating: line, count: HouseRules.fileLineCountMax)
    #expect(violationsOfFileLength(in: file(longest)).isEmpty)
    #expect(violationsOfFileLength(in: file(longest + line)).count == 1)
  }

  @Test func `a long function is found`() {
    func function(lines: Int) -> String {
      "  public static func f(\n    a: [Int] = [1].map { $0 }\n  ) {\n"
        + String(repeating: "    if a { b() }\n", count: lines - 4) + "  }\n"
    }
    let longest = function(lines: HouseRules.functionLineCountMax)
    #expect(violationsOfFunctionLength(in: file(longest)).isEmpty)
    #expect(
      violationsOfFunctionLength(in: file(function(lines: HouseRules.functionLineCountMax + 1)))
        .count == 1
    )
    let requirements = "protocol P {\n  func a() -> Int\n  init(b: Int)\n  func c(d: Int)\n}\n"
    #expect(violationsOfFunctionLength(in: file(requirements + longest)).isEmpty)
    #expect(file(requirements + longest).functions.map(\.line) == [6])
    #expect(
      file("struct S {\n  init?(a: Int) {\n    self.init()\n  }\n}").functions.map(\.lineCount) == [
        3
      ]
    )
  }

  @Test func `a path of one machine is found`() {
    for folder in HouseRules.machineFolders {
      #expect(machinePaths(in: "cd /\(folder)/x", at: "a").count == 1)
      #expect(machinePaths(in: "cd /\(folder)\n", at: "a").count == 1)
      #expect(machinePaths(in: "cd /\(folder)y ./\(folder)", at: "a").count == 1)
    }
    #expect(machinePaths(in: "/v1/namespaces/1 and /workflow and /tmp", at: "a").isEmpty)
  }

  @Test func `links are found`() {
    let text =
      "[a](Sources/A.md#b) ![c](d/e.png) [f](https://g) [h](#i) <doc:Rules> <doc:Log/Frames>"
    #expect(relativeLinks(in: text) == ["Sources/A.md", "d/e.png"])
    #expect(documentLinks(in: text) == ["Rules", "Frames"])
  }

  @Test func `Swift in a page is found`() {
    let page = "text\n```swift\n  let a = 1\nlet b = 2\n```\n```sh\nls\n```\n```swift\nc()\n```\n"
    #expect(swiftBlocks(in: page) == [["let a = 1", "let b = 2", ""], ["c()", ""]])
  }
}
