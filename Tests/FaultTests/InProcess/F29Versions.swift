import Foundation
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// Logs that other versions of the program have written.
@Suite("F29: golden logs of every version, and versions that are not known")
struct F29Versions {
  @Test(.tags(.crash)) func `the golden log of version 1 opens with its root`() throws {
    var tally = FaultTally("F29")
    defer { tally.report() }
    let golden = try Self.golden()
    let reader = try LogReader.open(in: Contract.folder, disk: golden.files.disk)
    #expect("\(try reader.verify().root)" == golden.root)
    let lines = try Contract.events(of: reader).map { canonicalLine(of: $0) }
    #expect(lines == golden.lines)
    let disk = golden.files.disk
    let (writer, report) = try LogWriter.open(in: Contract.folder, disk: disk)
    #expect(report == nil && writer.size == golden.lines.count && "\(writer.root)" == golden.root)
    try writer.close()
    #expect(disk.files[golden.files.lastSegment] == golden.files.files[golden.files.lastSegment])
    tally.add(.whole, "version 1")
  }

  /// The version is looked at before anything else is believed, so that a newer program may change all
  /// that follows.
  @Test(.tags(.crash)) func `a version that is not known is refused and left alone`() throws {
    var tally = FaultTally("F29")
    defer { tally.report() }
    let files = try Self.golden().files
    for version in [0, 2, 3, 255, 65_536, Int(UInt32.max)] {
      let other = files.changing(files.lastSegment) { bytes in
        for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: version >> (8 * index)) }
      }
      let disk = other.disk
      let expected: LogError.Kind = version == 0 ? .damaged : .badInput
      do throws(LogError) {
        _ = try LogReader.open(in: Contract.folder, disk: disk)
        tally.complain("version \(version): read")
      } catch {
        if error.kind != expected { tally.complain("version \(version): \(error)") }
      }
      do throws(LogError) {
        _ = try LogWriter.open(in: Contract.folder, disk: disk)
        tally.complain("version \(version): opened")
      } catch {
        if error.kind != expected { tally.complain("version \(version): \(error)") }
      }
      if disk.files[files.lastSegment] != other.files[files.lastSegment] {
        tally.complain("version \(version): changed")
      }
      tally.add(.refused, "version \(version)")
    }
  }

  /// The golden log of version 1: its file, its root, its events.
  private static func golden() throws -> (files: LogFiles, root: String, lines: [String]) {
    let file = packageFolder.appending(path: "Snapshots/Format/v1/golden-log.txt")
    let parts = try String(contentsOf: file, encoding: .utf8).split(separator: "\n\n", maxSplits: 2)
    try #require(parts.count == 3)
    let bytes = parts[0].split(separator: "\n").flatMap { row in
      row.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
    let path = "log/segments/\(String(repeating: "0", count: 20)).frames"
    let disk = SimulatedDisk(files: [path: bytes])
    return (
      LogFiles(disk),
      String(parts[1].dropFirst("root ".count)),
      parts[2].split(separator: "\n").map(String.init)
    )
  }
}
