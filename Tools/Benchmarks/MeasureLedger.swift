import ArgumentParser
import Dispatch
import Foundation
import LedgerCore
import LedgerFormat
import LedgerRuleFiles
import LedgerSQLite
import Synchronization
import TrialLedger

/// `start`: from opening to the first answer, beside reading and decoding the snapshot's bytes.
struct MeasureStart: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start",
    abstract: "Opens a ledger that has a snapshot; the bytes of the snapshot alone beside it."
  )

  @Option(help: "Which ledger.") var data: String
  @Option(help: "How often everything is measured.") var rounds: Int = 5

  func run() throws {
    _ = try Ledger.open(at: data).takeSnapshot()
    for _ in 0..<rounds {
      let floor = try timed { try readSnapshot() }
      try told("floor-start", 1, floor.nanoseconds, "\(floor.value)")
      let ours = try timed {
        let ledger = try Ledger.open(at: data, for: .following)
        _ = try ledger.eligibility(of: [NamespaceID(1_000)].compactMap(\.self))
        return ledger
      }
      try told("start", 1, ours.nanoseconds, "")
      try ours.value.close()
    }
  }

  /// Reads and decodes every part of the newest snapshot, on all cores, into memory of its own, as who
  /// starts has to keep it; gives the number of decoded bytes.
  private func readSnapshot() throws -> Int {
    let path = data + "/snapshots.sqlite"
    guard let store = try SnapshotStore.open(at: path, for: .reading),
      let record = try store.contents().serving.first
    else { throw ValidationError("\(path) has no snapshot") }
    _ = try store.header(of: record.id)
    try store.close()
    let next = Atomic(0)
    let total = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: ProcessInfo.processInfo.activeProcessorCount) { _ in
      guard let own = try? SnapshotStore.open(at: path, for: .reading) else { return }
      var kept: [[UInt8]] = []
      while true {
        let number = next.add(1, ordering: .relaxed).oldValue
        guard number < record.partCount else { break }
        let count = try? own.withPart(number, of: record.id) { bytes, decodedByteCount in
          if bytes.count == decodedByteCount { return bytes.count }
          var buffer: [UInt8] = []
          let isDecoded = LZ4Block.decompress(bytes, byteCount: decodedByteCount, into: &buffer)
          kept.append(buffer)
          return isDecoded ? decodedByteCount : 0
        }
        total.add(count ?? 0, ordering: .relaxed)
      }
      try? own.close()
      withExtendedLifetime(kept) {}
    }
    guard total.load(ordering: .relaxed) > 0 else { throw ValidationError("nothing was decoded") }
    return total.load(ordering: .relaxed)
  }
}

/// `diff`: comparing two rule sets over the whole log, beside one rebuild.
struct MeasureDifference: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares the newest two bundled rule sets over a ledger; one rebuild beside it."
  )

  @Option(help: "Which ledger.") var data: String
  @Option(help: "How often everything is measured.") var rounds: Int = 5
  @Option(help: "Over how many days the sets are compared.") var days: Int = 30

  func run() throws {
    let names = BundledRules.all.map(\.id).suffix(2)
    guard let former = names.first, let newest = names.last else { return }
    for _ in 0..<rounds {
      // Each on a ledger of its own, that has folded nothing yet and takes no snapshot as its start.
      var options = Ledger.Options()
      options.snapshots = .off
      // The fold and the answers alone: a ledger that serves nothing yet folds what it compares with too.
      let report = try Ledger.open(at: data, options: options).rebuild()
      try told("one-rebuild", 1, Int((report.foldSeconds + report.answerSeconds) * 1e9), "")
      let comparing = try timed {
        try Ledger.open(at: data, options: options)
          .difference(from: .id(former), to: .id(newest), days: days)?.total.gains ?? 0
      }
      try told("diff", 1, comparing.nanoseconds, "\(comparing.value)")
    }
  }
}

/// `serving`: how long batches take alone, and while the ledger rebuilds and takes a snapshot.
struct MeasureServing: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serving",
    abstract: "Asks batches of 1,000 ids at a steady rate, alone and beside heavy work."
  )

  @Option(help: "Which ledger.") var data: String
  @Option(help: "How often everything is measured.") var rounds: Int = 5
  @Option(help: "How many batches a second are asked.") var rate: Int = 200
  @Option(help: "How many seconds a round asks at least.") var seconds: Int = 3
  @Option(help: "The largest namespace id.") var namespaces: Int64 = 1_000_000

  func run() throws {
    let ledger = try Ledger.open(at: data, for: .writing)
    var random = SystemRandomNumberGenerator()
    let batches: [[NamespaceID]] = (0..<64).map { _ in
      (0..<1_000).compactMap { _ in NamespaceID(Int64.random(in: 1...namespaces, using: &random)) }
    }
    for _ in 0..<rounds {
      let isDone = Atomic(false)
      let job = try ledger.startRebuild(RebuildOptions())
      let waiter = Thread {
        // It folds, answers, compares, writes a snapshot and swaps.
        _ = try? job.wait()
        isDone.store(true, ordering: .releasing)
      }
      waiter.start()
      let count = try ask(ledger, batches, "rebuilding", rate * seconds) {
        isDone.load(ordering: .acquiring)
      }
      _ = try ledger.releaseFormerStates()
      // As many, so that what the machine does now and then is met as often.
      _ = try ask(ledger, batches, "alone", count) { true }
    }
    try ledger.close()
  }

  /// Asks one batch every so often, and tells the times that half, and 99 of 100, were answered in at
  /// most.
  ///
  /// - Returns: How many were asked: `count` at least.
  private func ask(
    _ ledger: Ledger,
    _ batches: [[NamespaceID]],
    _ name: String,
    _ count: Int,
    until isDone: () -> Bool
  ) throws -> Int {
    var nanoseconds: [Int] = []
    let start = ContinuousClock.now
    var number = 0
    while number < count || !isDone() {
      let due = start + .nanoseconds(number * (1_000_000_000 / rate))
      let wait = due - .now
      if wait > .zero { Thread.sleep(forTimeInterval: wait / .seconds(1)) }
      // From when it was due, so that one that was held up is not left out.
      _ = try ledger.eligibility(of: batches[number % batches.count])
      let took = ContinuousClock.now - due
      nanoseconds.append(Int(took / .nanoseconds(1)))
      number += 1
      if number > rate * 600 { break }
    }
    nanoseconds.sort()
    try told(name + "-half", 1, nanoseconds[nanoseconds.count / 2], "")
    try told(name, 1, nanoseconds[nanoseconds.count * 99 / 100], "")
    return number
  }
}
