import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProof
import LedgerTestSupport
import Testing

/// Random steps, crashes among them, beside a model that is a list.
@Suite("F30: random steps and crashes against a pure model")
struct F30Model {
  /// 250 steps a seed: 10,000 in the long run, and more with `LEDGER_SEED`.
  @Test(.tags(.crash, .property), arguments: seeds(longTests ? 60 : 8))
  func `the log does what a list does`(seed: UInt64) throws {
    var walk = try ModelWalk(seed: seed)
    defer { walk.tally.report() }
    for _ in 0..<250 {
      do {
        try walk.step()
      } catch {
        return walk.tally.complain("seed \(seed): \(error)")
      }
    }
  }
}

/// The log went another way than the model, so that nothing that follows can be compared.
private struct Difference: Error, CustomStringConvertible {
  let description: String
}

/// A log and its model, side by side.
private struct ModelWalk {
  var tally = FaultTally("F30")
  private let seed: UInt64
  private var number = 0
  private var generator: SeededGenerator
  private var source: RandomEvents
  /// Copies of the source at each size that a crash may go back to.
  private var sources: [Int: RandomEvents] = [:]
  private var disk = SimulatedDisk()
  private var writer: LogWriter
  private var model = ModelLog()

  init(seed: UInt64) throws {
    self.seed = seed
    generator = SeededGenerator(seed: seed)
    source = RandomEvents(seed: seed)
    sources[0] = source
    writer = try LogWriter.create(
      in: Contract.folder,
      identity: ClientRun.identity,
      disk: disk,
      segmentByteCount: 2_500
    )
  }

  mutating func step() throws {
    number += 1
    switch Int.random(in: 0..<40, using: &generator) {
    case 0..<14: try append()
    case 14..<24: try commit()
    case 24: try dropStaged()
    case 25: try writer.sealIfIdle()
    case 26: try writer.sealer.finishSealing(threadCount: 1)
    case 27: try reopen(on: nil)
    case 28: try reopen(on: disk.afterKill())
    case 29..<31: try reopen(on: disk.afterCrash(seed: generator.next()))
    case 31: try commitOnFullDisk()
    case 32: try commitThatFails(.sync)
    case 33: try commitThatFails(.write)
    default: try ask()
    }
    if writer.size != model.size { tally.complain("seed \(seed) step \(number): another size") }
    if writer.durableSize != model.events.count {
      tally.complain("seed \(seed) step \(number): another durable size")
    }
    tally.add(.whole, "")
  }

  private mutating func append() throws {
    let batch = source.next(Int.random(in: 1...6, using: &generator))
    try writer.append(batch, mark: number % 3 == 0 ? [UInt8(number & 127)] : nil)
    model.append(batch)
    sources[model.size] = source
  }

  private mutating func commit() throws {
    try writer.commit()
    model.commit()
  }

  private mutating func dropStaged() throws {
    writer.dropStaged()
    model.dropStaged()
    try goBack()
  }

  /// Events go on from those that are there.
  private mutating func goBack() throws {
    guard let earlier = sources[model.size] else {
      throw Difference(description: "step \(number): part of a batch")
    }
    source = earlier
  }

  private mutating func reopen(on other: SimulatedDisk?) throws {
    if other == nil { try? writer.close() }
    if let other { disk = other }
    disk.plan(.init())
    model.dropStaged()
    let (opened, _) = try LogWriter.open(
      in: Contract.folder,
      disk: disk,
      segmentByteCount: 2_500
    )
    writer = opened
    guard model.find(writer.size) else {
      throw Difference(description: "step \(number): \(writer.size) events after opening")
    }
    try goBack()
    try ask()
  }

  private mutating func commitOnFullDisk() throws {
    guard !model.staged.isEmpty else { return }
    let used = disk.files.values.reduce(0) { $0 + $1.count }
    disk.plan(.init(byteCountMax: used + Int.random(in: 0...30, using: &generator)))
    do throws(LogError) {
      try writer.commit()
      tally.complain("seed \(seed) step \(number): recorded on a full disk")
    } catch {
      if error.kind != .io { tally.complain("seed \(seed) step \(number): \(error)") }
    }
    disk.plan(.init())
    try dropStaged()
  }

  private mutating func commitThatFails(_ call: DiskCall) throws {
    guard !model.staged.isEmpty else { return }
    disk.plan(.init(DiskFault(call, 1, .error(5))))
    do throws(LogError) {
      try writer.commit()
      tally.complain("seed \(seed) step \(number): recorded although \(call) failed")
    } catch {
      if error.kind != .io { tally.complain("seed \(seed) step \(number): \(error)") }
    }
    model.failCommit()
    let isCut = Bool.random(using: &generator)
    try reopen(on: isCut ? disk.afterCrash(seed: generator.next()) : disk.afterKill())
  }

  /// Asks everything that a reader answers.
  private mutating func ask() throws {
    let isBeside = Bool.random(using: &generator)
    let reader = isBeside ? writer.reader() : try LogReader.open(in: Contract.folder, disk: disk)
    let count = model.events.count
    let lower = Int.random(in: 0...count, using: &generator)
    let upper = Int.random(in: lower...count, using: &generator)
    var events: [Event] = []
    try reader.forEachEvent(from: lower, to: upper) { event in
      events.append(event)
      return true
    }
    let id = model.events.randomElement(using: &generator)?.namespaceID ?? .ledger
    let instant = model.events.randomElement(using: &generator)?.recordedAt
    let answers: [(String, Bool)] = [
      ("size", reader.size == count),
      ("events", events[...] == model.events[lower..<upper]),
      ("history", try reader.events(of: id, below: upper) == model.history(of: id, below: upper)),
      ("as of", try instant.map { try reader.size(asOf: $0) == model.size(asOf: $0) } ?? true),
      (
        "activations",
        try reader.rulesActivations(below: upper) == model.activations(below: upper)
      ),
      ("time", reader.lastRecordedAt == model.events.last?.recordedAt),
    ]
    for (name, isRight) in answers where !isRight {
      tally.complain("seed \(seed) step \(number): another \(name)")
    }
    if number % 20 == 0 {
      let leaves = model.events.map { MerkleHash.leaf(canonicalBytes(of: $0).span) }
      if try reader.verify().root != merkleRoot(ofLeafHashes: leaves[...]) {
        tally.complain("seed \(seed) step \(number): another root")
      }
    }
  }
}
