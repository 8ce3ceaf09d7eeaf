import ArgumentParser
import Foundation
import LedgerFormat
import TrialLedger

/// `generate`: how fast the standard data is made.
struct MeasureGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Makes a ledger of generated history, and beside it the same as JSON Lines."
  )

  @Option(help: "Where the ledger is made.") var data: String
  @Option(help: "How many events.") var events: Int
  @Option(help: "How many namespaces.") var namespaces: Int
  @Option(help: "Where the JSON Lines go; left out, none are written.") var lines: String?

  func run() throws {
    guard let size = HistoryGenerator.Size(eventCount: events, namespaceCount: namespaces) else {
      throw ValidationError("so many events over so many namespaces cannot be made")
    }
    let nanoseconds = try timed { try Ledger.generate(at: data, size, seed: 1) }.nanoseconds
    let ledger = try Ledger.open(at: data)
    if let lines {
      guard FileManager.default.createFile(atPath: lines, contents: nil) else {
        throw ValidationError("cannot make the file of lines")
      }
      try printLines(of: ledger, to: try FileHandle(forWritingTo: URL(filePath: lines)))
    }
    let measured = Measured(
      count: ledger.size,
      nanoseconds: nanoseconds,
      byteCount: try byteCount(below: data),
      checksum: hexadecimal(ledger.root)
    )
    try measured.tell()
  }
}

/// `parse`: the floor of an import, reading and strictly parsing a file and nothing else.
struct MeasureParsing: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parse",
    abstract: "Reads a file of events as JSON Lines, strictly, and records nothing."
  )

  @Argument(help: "The file.") var file: String

  func run() throws {
    var count = 0
    var byteCount = 0
    var sum: UInt64 = 0
    let processorStart = processorNanoseconds()
    let nanoseconds = try timed {
      try forEachBlock(of: file) { block in
        byteCount += block.count
        try forEachLine(of: block.span) { _, line in
          let event = try readEvent(line, keepsUnknownTypes: false)
          count += 1
          sum &+= UInt64(event.namespaceID.rawValue) &* 31 &+ UInt64(event.version)
        }
      }
    }.nanoseconds
    let measured = Measured(
      count: count,
      nanoseconds: nanoseconds,
      byteCount: byteCount,
      processorNanoseconds: processorNanoseconds() - processorStart,
      checksum: String(sum, radix: 16)
    )
    try measured.tell()
  }
}

/// `import`: the same file recorded, durably, as an exact copy.
struct MeasureImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Imports a file of events into a new ledger."
  )

  @Argument(help: "The file.") var file: String
  @Option(help: "Where the ledger is made.") var data: String

  func run() throws {
    let processorStart = processorNanoseconds()
    let (report, nanoseconds) = try timed { try Ledger.importCopy(of: file, to: data) }
    let processor = processorNanoseconds() - processorStart
    let measured = Measured(
      count: report.recordedCount,
      nanoseconds: nanoseconds,
      byteCount: try byteCount(below: data),
      processorNanoseconds: processor,
      checksum: hexadecimal(try Ledger.open(at: data).root)
    )
    try measured.tell()
  }
}

/// Gives a file to `body` in blocks of whole lines, about a mebibyte each.
func forEachBlock(of path: String, _ body: ([UInt8]) throws -> Void) throws {
  let file = try FileHandle(forReadingFrom: URL(filePath: path))
  var block: [UInt8] = []
  while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
    block += data
    guard let end = block.lastIndex(of: UInt8(ascii: "\n")) else { continue }
    let rest = Array(block[(end + 1)...])
    block.removeSubrange((end + 1)...)
    try body(block)
    block = rest
  }
  if !block.isEmpty { try body(block) }
}

/// Writes a ledger's canonical lines.
func printLines(of ledger: Ledger, to file: FileHandle) throws {
  try forEachPiece(of: ledger) { lines, ends in
    var block: [UInt8] = []
    block.reserveCapacity(lines.count + ends.count)
    var start = 0
    for end in ends {
      block += lines[start..<end]
      block.append(UInt8(ascii: "\n"))
      start = end
    }
    try file.write(contentsOf: Data(block))
  }
}

/// Gives a ledger's canonical lines to `body` some thousand at a time, without newlines: the bytes,
/// and where each line ends.
func forEachPiece(of ledger: Ledger, _ body: ([UInt8], [Int]) throws -> Void) throws {
  let pieceCount = 4_096
  for start in stride(from: 0, to: ledger.size, by: pieceCount) {
    var lines: [UInt8] = []
    var ends: [Int] = []
    try ledger.forEachEvent(from: start, to: min(ledger.size, start + pieceCount)) { event in
      appendCanonicalBytes(of: event, to: &lines)
      ends.append(lines.count)
      return true
    }
    try body(lines, ends)
  }
}
