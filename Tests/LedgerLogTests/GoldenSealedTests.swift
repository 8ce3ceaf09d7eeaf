import Foundation
import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// A log with sealed segments and one of frames, as it was written when format version 1 was made;
/// it must open for ever.
///
/// Its bytes are not compared with what is written today: another liblz4 may compress otherwise.
@Suite("Golden sealed segments")
struct GoldenSealedTests {
  @Test func `format version 1 opens for ever`() throws {
    guard FileManager.default.fileExists(atPath: GoldenSealedLog.file.path) else {
      expectSnapshot(of: try GoldenSealedLog.make(), at: "Format/v1/golden-sealed.txt")
      return
    }
    let golden = try GoldenSealedLog()
    #expect(golden.files.keys.filter { $0.hasSuffix(".sealed") }.count == 2)
    let files = golden.files.map { (folder + "/segments/" + $0.key, $0.value) }
    let disk = SimulatedDisk(files: Dictionary(uniqueKeysWithValues: files))
    let reader = try LogReader.open(in: folder, disk: disk)
    let events = try allEvents(reader)
    #expect(events.map { canonicalLine(of: $0) } == golden.lines)
    #expect("\(reader.root)" == golden.root)
    #expect("\(root(of: events))" == golden.root)
    #expect("\(try reader.verify().root)" == golden.root)
    for id in Set(events.map(\.namespaceID)).sorted().prefix(30) {
      let expected = events.filter { $0.namespaceID == id }
      #expect(try reader.events(of: id, below: events.count) == expected)
    }
  }
}

/// The files, the root and the canonical lines that `Snapshots/Format/v1/golden-sealed.txt` holds.
struct GoldenSealedLog {
  static let file = packageFolder.appending(path: "Snapshots/Format/v1/golden-sealed.txt")

  var files: [String: [UInt8]] = [:]
  var root = ""
  var lines: [String] = []

  init() throws {
    var rest = try String(contentsOf: Self.file, encoding: .utf8)[...]
    while let end = rest.firstRange(of: "\n\n") {
      let part = rest[..<end.lowerBound].split(separator: "\n")
      rest = rest[end.upperBound...]
      guard let head = part.first?.split(separator: " "), head.count == 2 else { continue }
      if head[0] == "root" {
        root = String(head[1])
        break
      }
      files[String(head[1])] = part.dropFirst().flatMap { row in
        row.split(separator: " ").compactMap { UInt8($0, radix: 16) }
      }
    }
    lines = rest.split(separator: "\n").map { String($0) }
  }

  /// Makes such a log anew.
  static func make() throws -> String {
    let disk = SimulatedDisk()
    var source = RandomEvents(seed: 2_026)
    let writer = try makeLog(on: disk, [], segmentEventCount: 300)
    var events: [Event] = []
    for (index, count) in [1, 120, 40, 139, 2, 30, 268, 25].enumerated() {
      let batch = source.next(count)
      try writer.append(batch, mark: index % 3 == 1 ? Array("mark \(index)".utf8) : nil)
      try writer.commit()
      events += batch
    }
    try writer.sealer.finishSealing()
    try writer.close()
    var text = ""
    for path in disk.files.keys.sorted() where path.contains("/segments/") {
      let name = path.split(separator: "/").last ?? ""
      text += "file \(name)\n" + hexDump(disk.files[path] ?? []) + "\n"
    }
    text += "root \(writer.root)\n\n"
    for event in events { text += canonicalLine(of: event) + "\n" }
    return text
  }
}

/// Bytes in hexadecimal, 32 a line.
private func hexDump(_ bytes: [UInt8]) -> String {
  stride(from: 0, to: bytes.count, by: 32).map { start in
    bytes[start..<min(start + 32, bytes.count)]
      .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      .joined(separator: " ") + "\n"
  }.joined()
}
