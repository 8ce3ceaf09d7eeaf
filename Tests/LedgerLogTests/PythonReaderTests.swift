import Foundation
import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProof
import LedgerTestSupport
import Testing

/// `Tools/read_log.py` was written from the description of the format alone: where it and the Swift
/// code disagree, one of the three is wrong.
@Suite("Python reader", .enabled(if: hasPython, "there is no python3 on the PATH"))
struct PythonReaderTests {
  /// What stands in the lines when every kind of fact and every optional member is among them.
  private let fragments = [
    "\"type\":\"trial_started\"", "\"type\":\"trial_reactivated\"", "\"type\":\"trial_extended\"",
    "\"cause\":\"converted\"", "\"cause\":\"cancelled\"", "\"type\":\"plan_changed\"",
    "\"parent_id\":null", "\"type\":\"rules_activated\"", "\"type\":\"badge_given\"",
    "\"user_id\":", "\"reason\":", "\"source\":", "\"command_id\":\"order:",
    "\"command_id\":\"0F9A3B52-", "\"command_id\":\"0f9a3b52-",
  ]

  @Test(arguments: seeds(3))
  func `reads the same lines and the same root as the Swift code`(seed: UInt64) throws {
    let place = try TemporaryFolder()
    let (path, events) = try writeLog(seed: seed, in: place)
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/segments")
    #expect(names.contains { $0.hasSuffix(".sealed") })
    #expect(names.contains { $0.hasSuffix(".frames") })
    let lines = try run(path)
    #expect(lines.code == 0 && lines.errors.isEmpty, "\(lines.errors)")
    let expected = events.map { canonicalLine(of: $0) + "\n" }.joined()
    #expect(hasSameBytes(lines.output, expected))
    for fragment in fragments { #expect(expected.contains(fragment)) }
    let summary = try run(path, "--root")
    #expect(summary.output == "\(root(of: events)) \(events.count)\n")
  }

  @Test func `reads the golden bytes of format version 1`() throws {
    let file = packageFolder.appending(path: "Snapshots/Format/v1/golden-log.txt")
    let parts = try String(contentsOf: file, encoding: .utf8).split(separator: "\n\n", maxSplits: 2)
    try #require(parts.count == 3)
    let root = parts[1].dropFirst("root ".count)
    let bytes = parts[0].split(separator: "\n").flatMap { row in
      row.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
    let place = try TemporaryFolder()
    try write(bytes, to: "\(place.path)/segments/\(String(repeating: "0", count: 20)).frames")
    #expect(hasSameBytes(try run(place.path).output, String(parts[2])))
    #expect(try run(place.path, "--root").output == "\(root) 11\n")
  }

  @Test func `reads the golden sealed segments of format version 1`() throws {
    let golden = try GoldenSealedLog()
    let place = try TemporaryFolder()
    for (name, bytes) in golden.files { try write(bytes, to: "\(place.path)/segments/\(name)") }
    let lines = try run(place.path)
    #expect(hasSameBytes(lines.output, golden.lines.map { $0 + "\n" }.joined()), "\(lines.errors)")
    #expect(try run(place.path, "--root").output == "\(golden.root) \(golden.lines.count)\n")
  }

  /// A crash may leave both forms of one segment; the sealed one then may be anything.
  @Test func `of two forms of a segment the frames count`() throws {
    let place = try TemporaryFolder()
    let path = place.path + "/log"
    let writer = try LogWriter.create(in: path, identity: identity)
    var source = RandomEvents(seed: 3)
    let events = source.next(20)
    try writer.append(events)
    try writer.commit()
    try writer.close()
    try write([1, 2, 3], to: "\(path)/segments/\(String(repeating: "0", count: 20)).sealed")
    try write([1, 2, 3], to: "\(path)/segments/\(String(repeating: "0", count: 20)).sealed.new")
    #expect(try run(path, "--root").output == "\(root(of: events)) 20\n")
  }

  @Test(arguments: seeds(8))
  func `refuses a changed byte, a missing segment and a log shorter than its head`(
    seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let place = try TemporaryFolder()
    let (path, _) = try writeLog(seed: seed, in: place)
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/segments").sorted()
    try #require(names.count > 2)
    let name = try #require(names.randomElement(using: &generator))
    let file = "\(path)/segments/\(name)"
    if seed % 4 == 1 {
      try FileManager.default.removeItem(atPath: path + "/segments/" + names[names.count / 2])
    } else if seed % 4 == 2 {
      try FileManager.default.removeItem(atPath: path + "/segments/" + names[names.count - 1])
    } else {
      var bytes = try Data(contentsOf: URL(filePath: file))
      // The header's reserved bytes are under its checksum too.
      let index = Int.random(in: bytes.indices, using: &generator)
      bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      try bytes.write(to: URL(filePath: file))
    }
    let ran = try run(path, "--root")
    #expect(ran.code == 70)
    #expect(ran.output.isEmpty)
    #expect(ran.errors.split(separator: "\n").count == 1, "\(ran.errors)")
  }

  /// A closed log of several segments, some of them sealed, with seals between its frames, frames
  /// that compress and frames that do not, and marks.
  private func writeLog(
    seed: UInt64,
    in place: TemporaryFolder
  ) throws -> (path: String, events: [Event]) {
    let path = place.path + "/log"
    let writer = try LogWriter.create(in: path, identity: identity, segmentByteCount: 2_000)
    var generator = SeededGenerator(seed: seed)
    var source = RandomEvents(seed: seed)
    var events: [Event] = []
    for count in [1, 700, 2, 40, 1, 90, 3] {
      for batch in [source.next(count), source.next(Int.random(in: 1...3, using: &generator))] {
        try writer.append(batch, mark: Array("batch \(events.count)".utf8))
        events += batch
      }
      try writer.commit()
      if Bool.random(using: &generator) { try writer.sealIfIdle() }
      // The last segments stay frames.
      if count == 90 { try writer.sealer.finishSealing() }
    }
    try writer.close()
    return (path, events)
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    let file = URL(filePath: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(bytes).write(to: file)
  }

  /// Runs the script; what it says goes through files, as a pipe that nobody empties would stop it.
  private func run(
    _ folder: String,
    _ options: String...
  ) throws -> (output: String, errors: String, code: Int32) {
    let place = try TemporaryFolder()
    let files = ["output", "errors"].map { URL(filePath: place.path).appending(path: $0) }
    for file in files { try Data().write(to: file) }
    let process = ChildProcess()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      ["python3", packageFolder.appending(path: "Tools/read_log.py").path] + options + [folder]
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    let said = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    return (said[0], said[1], process.terminationStatus)
  }
}

/// Whether a python3 is on the PATH.
private let hasPython: Bool = (ProcessInfo.processInfo.environment["PATH"] ?? "")
  .split(separator: ":")
  .contains { FileManager.default.isExecutableFile(atPath: "\($0)/python3") }
