import Foundation
import LedgerTestSupport
import Testing

/// What a run of the program said, and how it ended.
struct Ran {
  let output: String
  let errors: String
  /// The exit code; negative is the signal that ended it.
  let code: Int32
}

/// Runs the built program in a folder of its own, and writes down what it said.
final class Shell {
  /// Where the program runs; its ledger is `ledger` in there unless a command says otherwise.
  let folder: TemporaryFolder
  /// Everything that was run, as a person reads it.
  private(set) var transcript = ""
  private let environment: [String: String]

  /// A shell in a new folder, for a terminal of UTF-8 that is `columnCount` columns wide.
  init(columnCount: Int = 100, locale: String = "C.UTF-8") throws {
    folder = try TemporaryFolder()
    environment = [
      "TRIAL_LEDGER_DATA": "ledger", "COLUMNS": "\(columnCount)", "LC_ALL": locale, "TZ": "UTC",
      "PATH": "/usr/bin:/bin",
    ]
  }

  /// The program, which is built beside the tests.
  static let program: URL = {
    let tests = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
    return tests.resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "trial-ledger")
  }()

  /// Writes a file into the folder.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: url(name))
  }

  /// The place of a file of the folder.
  func url(_ name: String) -> URL {
    URL(filePath: folder.path).appending(path: name)
  }

  /// Begins a part of the transcript.
  func section(_ title: String) {
    transcript += (transcript.isEmpty ? "" : "\n") + "## \(title)\n"
  }

  /// Writes a text into the transcript, as what a file holds.
  func note(_ text: String) {
    transcript += Self.marked(text, "| ")
  }

  /// Runs `trial-ledger` with the words of `line`, and writes the transcript.
  ///
  /// - Parameters:
  ///   - line: Words between spaces; those in single quotes may hold spaces.
  ///   - input: What stands in standard input.
  ///   - omitsInput: Whether the transcript leaves the input out, because it is long.
  /// - Returns: What it said, and how it ended.
  /// - Throws: When the program cannot be started.
  @discardableResult
  func run(_ line: String, input: String = "", omitsInput: Bool = false) throws -> Ran {
    let ran = try silently(line, input: input)
    transcript += "\n$ trial-ledger \(line)\n"
    if !input.isEmpty, !omitsInput {
      transcript += Self.marked(input.replacing("\r\n", with: "<CR>\n"), "< ")
    }
    transcript += Self.marked(readable(ran.output), "")
    transcript += Self.marked(readable(ran.errors), "! ")
    transcript += "(exit \(ran.code))\n"
    return ran
  }

  /// Runs `trial-ledger` without a trace.
  func silently(_ line: String, input: String = "") throws -> Ran {
    let names = ["input", "output", "errors"].map { ".\($0)" }
    try write(input, to: names[0])
    for name in names.dropFirst() { try write("", to: name) }
    let process = process(line)
    process.standardInput = try FileHandle(forReadingFrom: url(names[0]))
    process.standardOutput = try FileHandle(forWritingTo: url(names[1]))
    process.standardError = try FileHandle(forWritingTo: url(names[2]))
    try process.run()
    process.waitUntilExit()
    defer { for name in names { try? FileManager.default.removeItem(at: url(name)) } }
    return Ran(
      output: String(decoding: try Data(contentsOf: url(names[1])), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: url(names[2])), as: UTF8.self),
      code: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus
    )
  }

  /// The program with the words of `line`, not yet running.
  func process(_ line: String) -> ChildProcess {
    let process = ChildProcess()
    process.executableURL = Self.program
    process.arguments = Self.words(line)
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.environment = environment
    return process
  }

  /// The text without what differs from run to run or follows from how bytes are packed.
  private func readable(_ text: String) -> String {
    text.replacing(folder.path, with: "$FOLDER")
      .replacing(#/(?m)^(log|memory) {2,}.*$/#) { "\($0.1)  (differs)" }
      .replacing(#/(?s)SEGMENTS +COUNT.*/#) { _ in "SEGMENTS  (differs)\n" }
  }

  private static func marked(_ text: String, _ mark: String) -> String {
    if text.isEmpty { return "" }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let whole = lines.last?.isEmpty == true ? lines.dropLast() : lines[...]
    return whole.map { "\(mark)\($0)\n" }.joined()
  }

  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var isQuoted = false
    for character in line {
      switch character {
      case "'":
        isQuoted.toggle()
        word = word ?? ""
      case " " where !isQuoted:
        if let done = word { words.append(done) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return words
  }
}
