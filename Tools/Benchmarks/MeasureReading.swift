import ArgumentParser
import Foundation
import LedgerCore
import LedgerFormat
import LedgerProof
import TrialLedger

/// `history`: one namespace's events, for many namespaces one after the other.
struct MeasureHistory: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Reads the history of some namespaces, one by one, and says the median time of one."
  )

  @Option(help: "Which ledger.") var data: String
  @Option(help: "How many namespaces.") var count: Int = 101
  @Flag(help: "Reads each once before, so that its pages are in memory.") var warm = false
  @Flag(help: "Drops the page cache before each; for root.") var cold = false

  func run() throws {
    let ledger = try Ledger.open(at: data)
    let ids = try Self.someNamespaces(of: ledger, count)
    var times: [Int] = []
    var sum: UInt64 = 0
    for id in ids {
      if warm { _ = try ledger.history(of: id) }
      if cold { try Self.dropPageCache() }
      let (events, nanoseconds) = try timed { try ledger.history(of: id) }
      times.append(nanoseconds)
      for event in events { sum = sum &* 31 &+ UInt64(event.position) }
    }
    let measured = Measured(
      count: ids.count,
      nanoseconds: times.sorted()[times.count / 2],
      checksum: String(sum, radix: 16)
    )
    try measured.tell()
  }

  private static func dropPageCache() throws {
    let file = try FileHandle(forWritingTo: URL(filePath: "/proc/sys/vm/drop_caches"))
    try file.write(contentsOf: Data("3\n".utf8))
    try file.close()
  }

  /// Namespaces of events that stand evenly over the log.
  private static func someNamespaces(of ledger: Ledger, _ count: Int) throws -> [NamespaceID] {
    var ids: [NamespaceID] = []
    for index in 0..<count {
      let position = max(1, ledger.size * (2 * index + 1) / (2 * count))
      try ledger.forEachEvent(from: min(position, ledger.size - 1)) { event in
        if event.namespaceID != .ledger { ids.append(event.namespaceID) }
        return event.namespaceID == .ledger
      }
    }
    return ids
  }
}

/// `hash`: the floor of verify, the leaves and nodes of the tree and nothing else.
struct MeasureHashing: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash",
    abstract: "Hashes a ledger's canonical lines as the leaves and nodes of the Merkle tree."
  )

  @Option(help: "Which ledger.") var data: String

  func run() throws {
    let ledger = try Ledger.open(at: data)
    var byteCount = 0
    var tree = CompactRange()
    var nanoseconds = 0
    var processor = 0
    // Reading is left out of the time: the floor is what hashing alone takes.
    try forEachPiece(of: ledger) { lines, ends in
      byteCount += lines.count
      processor -= processorNanoseconds()
      nanoseconds +=
        timed {
          var start = 0
          for end in ends {
            tree.append(MerkleHash.leaf(lines.span.extracting(start..<end)))
            start = end
          }
        }.nanoseconds
      processor += processorNanoseconds()
    }
    let measured = Measured(
      count: ledger.size,
      nanoseconds: nanoseconds,
      byteCount: byteCount,
      processorNanoseconds: processor,
      checksum: tree.root.description
    )
    try measured.tell()
  }
}

/// `lines`: the ledger as JSON Lines, for what packs them.
struct PrintLines: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lines",
    abstract: "Prints a ledger's canonical lines."
  )

  @Option(help: "Which ledger.") var data: String

  func run() throws {
    try printLines(of: try Ledger.open(at: data), to: .standardOutput)
  }
}

/// `verify`: the full walk.
struct MeasureVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Verifies a ledger."
  )

  @Option(help: "Which ledger.") var data: String

  func run() throws {
    let ledger = try Ledger.open(at: data)
    let processorStart = processorNanoseconds()
    let nanoseconds = try timed { try ledger.verify() }.nanoseconds
    let processor = processorNanoseconds() - processorStart
    let measured = Measured(
      count: ledger.size,
      nanoseconds: nanoseconds,
      byteCount: try byteCount(below: data),
      processorNanoseconds: processor,
      checksum: hexadecimal(ledger.root)
    )
    try measured.tell()
  }
}
