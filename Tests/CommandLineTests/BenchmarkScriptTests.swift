import Foundation
import LedgerTestSupport
import Testing

/// The commands that measure must work whenever they are needed; what they measure here, in a debug
/// build beside other tests, says nothing.
@Suite("Tools/bench-log, Tools/bench-projection and Tools/bench-http")
struct BenchmarkScriptTests {
  /// The repository that this file is in.
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Runs a script at its small size: what it says, and how it ended.
  private func run(_ script: String, _ arguments: [String]) throws -> (String, ChildProcess) {
    let folder = try TemporaryFolder()
    let output = URL(filePath: folder.path).appending(path: "output")
    try Data().write(to: output)
    let process = ChildProcess()
    process.executableURL = Self.root.appending(path: "Tools/\(script)")
    process.arguments = ["--small", "--in", folder.path] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging([
      "LEDGER_BENCHMARKS": Shell.program.deletingLastPathComponent()
        .appending(path: "ledger-benchmarks").path,
      "TRIAL_LEDGER": Shell.program.path,
    ]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    return (String(decoding: try Data(contentsOf: output), as: UTF8.self), process)
  }

  @Test func `measures the projection at its small size and prints every row`() throws {
    let (text, process) = try run("bench-projection", [])
    // 1 is that a row missed its target.
    #expect([0, 1].contains(process.terminationStatus), "\(text)")
    #expect(process.terminationReason == .exit)
    let rows = text.split(separator: "\n").compactMap { line in
      line.wholeMatch(of: #/([a-g]) .* (\d+\.\d\d) +(<=|>=)[0-9.]+ (PASS|MISS)/#)
    }
    #expect(rows.map { String($0.output.1) } == Array("aaabcddefgg").map(String.init), "\(text)")
    for row in rows { #expect((Double(row.output.2) ?? -1) > 0, "\(row.output.0)") }
    #expect(text.contains("Checksum of all results: "), "\(text)")
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/wrk"), "install wrk"))
  func `measures HTTP at its small size and prints every row`() throws {
    let (text, process) = try run("bench-http", [])
    // 1 is that a row missed its target.
    #expect([0, 1].contains(process.terminationStatus), "\(text)")
    #expect(process.terminationReason == .exit)
    let rows = text.split(separator: "\n").compactMap { line in
      line.wholeMatch(of: #/([ab]) .* (\d+\.\d\d) +(?:(>=|<)[0-9.]+ (?:PASS|MISS))? */#)
    }
    #expect(rows.map { String($0.output.1) } == ["a", "a", "b", "b"], "\(text)")
    #expect(rows.map { $0.output.3 != nil } == [true, false, true, false], "\(text)")
    for row in rows { #expect((Double(row.output.2) ?? -1) > 0, "\(row.output.0)") }
  }

  @Test func `runs at its small size and prints every row with a ratio`() throws {
    let (text, process) = try run("bench-log", ["--no-peers"])
    // 1 is that a row missed its target.
    #expect([0, 1].contains(process.terminationStatus), "\(text)")
    #expect(process.terminationReason == .exit)
    let rows = text.split(separator: "\n").compactMap { line in
      line.wholeMatch(of: #/([a-f]) .* (\d+\.\d\d) +(<|<=|>|>=)[0-9.]+ (PASS|MISS)/#)
    }
    let letters = rows.map { String($0.output.1) }
    // The size is against lz4, which need not be installed.
    #expect(Set(letters).subtracting(["d"]) == ["a", "b", "c", "e", "f"], "\(text)")
    for row in rows { #expect((Double(row.output.2) ?? -1) > 0, "\(row.output.0)") }
    #expect(text.contains("Checksum of all results: "), "\(text)")
  }
}
