import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport

/// A client at work on a simulated disk, and when it was told that something is recorded.
///
/// It appends, commits, seals frames and whole segments and reopens as a seed says, until the end or
/// until something fails.
struct ClientRun {
  /// The identity of the logs in these tests.
  static let identity = LedgerIdentity([UInt8](0..<16).span)

  /// Everything that may have been submitted, also what the run did not come to.
  let submitted: Submitted
  let disk: SimulatedDisk
  let segmentByteCount: Int
  private let seed: UInt64
  /// The number of events acknowledged, and how many moments the disk had then.
  private(set) var acknowledgements: [(moment: Int, eventCount: Int)] = []
  /// Why the run ended early.
  private(set) var failure: LogError?

  /// A run that has not begun.
  ///
  /// - Parameters:
  ///   - seed: What it does follows from.
  ///   - batchCount: How many batches there are; a commit takes one to three.
  ///   - segmentByteCount: The size from which on a segment gets no more frames.
  ///   - disk: Where the log is.
  init(
    seed: UInt64,
    batchCount: Int = 14,
    segmentByteCount: Int = 900,
    on disk: SimulatedDisk = SimulatedDisk()
  ) {
    var generator = SeededGenerator(seed: seed)
    var source = RandomEvents(seed: seed)
    submitted = Submitted(
      (0..<batchCount).map { _ in source.next(Int.random(in: 1...4, using: &generator)) }
    )
    self.disk = disk
    self.segmentByteCount = segmentByteCount
    self.seed = seed
  }

  /// The number of events acknowledged at the end.
  var acknowledged: Int { acknowledgements.last?.eventCount ?? 0 }

  /// The number of events that had been acknowledged when the disk was at `moment`.
  ///
  /// What was acknowledged right after that call counts too.
  func acknowledged(at moment: Int) -> Int {
    acknowledgements.last { $0.moment <= moment + 1 }?.eventCount ?? 0
  }

  var contract: Contract { Contract(submitted, segmentByteCount: segmentByteCount) }

  /// Makes the log, or opens the one that is there.
  mutating func run(isNew: Bool = true) {
    var generator = SeededGenerator(seed: seed &+ 1)
    do throws(LogError) {
      var writer = isNew ? try create() : try open()
      var index = submitted.sizes.firstIndex(of: writer.size) ?? 0
      while index < submitted.batches.count {
        for _ in 0..<Int.random(in: 1...3, using: &generator) where index < submitted.batches.count
        {
          let hasMark = Bool.random(using: &generator)
          try writer.append(submitted.batches[index], mark: hasMark ? [UInt8(index & 255)] : nil)
          index += 1
        }
        try writer.commit()
        acknowledgements.append((disk.momentCount, submitted.sizes[index]))
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: try writer.sealIfIdle()
        // Sealing that fails leaves the frames as they are, and appending goes on.
        case 2: try? writer.sealer.finishSealing(threadCount: 1)
        case 1:
          try writer.close()
          writer = try open()
          // The check afterwards will say what is missing; nothing can follow it.
          if writer.size != submitted.sizes[index] { return }
        default: break
        }
      }
      try writer.close()
    } catch {
      failure = error
    }
  }

  private func create() throws(LogError) -> LogWriter {
    try LogWriter.create(
      in: Contract.folder,
      identity: Self.identity,
      disk: disk,
      segmentByteCount: segmentByteCount
    )
  }

  private func open() throws(LogError) -> LogWriter {
    try LogWriter.open(in: Contract.folder, disk: disk, segmentByteCount: segmentByteCount).writer
  }
}
