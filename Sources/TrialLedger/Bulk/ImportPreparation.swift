import Foundation
import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProof

/// The first pass of an import: all of a file read, parsed, checked and made ready to be recorded.
///
/// Parsing, and encoding with hashing, are done on threads of their own, block by block; the check
/// alone goes through the events one after the other. What is under way is bounded; what is ready
/// waits in an ``ImportSpool``.
struct ImportPreparation: ~Copyable {
  /// What is to be recorded, in order.
  private(set) var spool = ImportSpool()
  /// The number of its events.
  private(set) var count = 0
  private var tree: CompactRange
  private var position: Int
  private var lastRecordedAt: Instant
  private let keepsInstant: Bool
  private let present: Instant
  private var batch: [Event] = []
  private var batchByteCount = 0
  private let encoders: OrderedWork<[Event], Result<PreparedBatch, LogError>>

  /// Blocks and batches that are under way at most, each.
  private static let pendingCountMax = 4
  private static let threadCount = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))

  /// Goes on after the events of `tree`; `present` is when events are recorded whose own instant is
  /// not kept.
  init(after tree: CompactRange, lastRecordedAt: Instant, present: Instant, keepsInstant: Bool) {
    self.tree = tree
    position = tree.leafCount
    self.lastRecordedAt = lastRecordedAt
    self.present = present
    self.keepsInstant = keepsInstant
    encoders = OrderedWork("trial-ledger encode", threadCount: Self.threadCount) { events in
      do throws(LogError) {
        return .success(try PreparedBatch(events))
      } catch {
        return .failure(error)
      }
    }
  }

  deinit {
    encoders.stop()
  }

  /// Checks and prepares a file's contents from the `skipping`-th on.
  ///
  /// - Returns: SHA-256 of the file; `nil` when it was not read here.
  /// - Throws: ``LedgerError/badInput(_:)`` that names file and line.
  mutating func prepare(
    _ source: ImportSource,
    skipping: Int,
    with checker: inout ImportChecker,
    over recorded: inout some RecordedFacts & ~Copyable,
    _ progress: (@Sendable (Ledger.Progress) -> Void)?
  ) throws(LedgerError) -> [UInt8]? {
    guard let reading = source.reading else {
      for row in source.rows.dropFirst(skipping) {
        try take(row.line, row.content, source.path, &checker, &recorded)
      }
      try finish()
      return nil
    }
    let parsers = OrderedWork<LineBlocks.Block, ParsedBlock>(
      "trial-ledger parse",
      threadCount: Self.threadCount
    ) { ParsedBlock($0, reading) }
    defer { parsers.stop() }
    var blocks = try LineBlocks(source.path, skipping: skipping)
    var isAtEnd = false
    while true {
      while !isAtEnd, parsers.pendingCount < Self.pendingCountMax {
        if let block = try blocks.next() { parsers.give(block) } else { isAtEnd = true }
      }
      guard parsers.pendingCount > 0 else { break }
      let parsed = parsers.take()
      for one in parsed.contents {
        try take(one.line, one.content, source.path, &checker, &recorded)
      }
      if let problem = parsed.problem {
        throw .badInput("\(source.path):\(problem.line): \(problem.text)")
      }
      progress?(Ledger.Progress(phase: "checking", done: skipping + count, total: 0))
    }
    try finish()
    return blocks.sha256()
  }

  private mutating func take(
    _ line: Int,
    _ content: EventContent,
    _ path: String,
    _ checker: inout ImportChecker,
    _ recorded: inout some RecordedFacts & ~Copyable
  ) throws(LedgerError) {
    if let problem = try checker.problem(content, keepsInstant: keepsInstant, over: &recorded) {
      throw .badInput("\(path):\(line): \(problem)")
    }
    // The events of a command stay in one batch, so that a resumed import begins with a command.
    let goesOn =
      content.metadata.commandID != nil
      && batch.last?.metadata.commandID == content.metadata.commandID
    let isFull =
      batch.count >= ImportSource.batchCount || batchByteCount >= ImportSource.batchByteCount
    if isFull, !goesOn { try give() }
    let event = content.event(
      position: position,
      version: checker.checkedVersion,
      recordedAt: keepsInstant ? content.recordedAt ?? present : max(present, lastRecordedAt)
    )
    lastRecordedAt = event.recordedAt
    batchByteCount += DetailSection.byteCountBound(of: event)
    batch.append(event)
    position += 1
    count += 1
  }

  /// Gives the batch to the encoders, and keeps what they have done.
  private mutating func give() throws(LedgerError) {
    guard !batch.isEmpty else { return }
    encoders.give(batch)
    batch = []
    batch.reserveCapacity(ImportSource.batchCount)
    batchByteCount = 0
    while encoders.pendingCount > Self.pendingCountMax { try keep() }
  }

  private mutating func finish() throws(LedgerError) {
    try give()
    while encoders.pendingCount > 0 { try keep() }
  }

  private mutating func keep() throws(LedgerError) {
    let result = encoders.take()
    var ready = try onLog { () throws(LogError) in try result.get() }
    ready.enter(in: &tree)
    try spool.append(ready)
  }
}

/// The contents of a block of lines, up to the first that is wrong.
struct ParsedBlock: Sendable {
  /// The contents with their 1-based lines.
  private(set) var contents: [(line: Int, content: EventContent)] = []
  /// What is wrong with the line after them.
  private(set) var problem: (line: Int, text: String)?

  init(_ block: LineBlocks.Block, _ reading: EventReadingOptions) {
    contents.reserveCapacity(block.bytes.count / 256)
    var skipCount = block.skipCount
    forEachLine(of: block.bytes.span) { number, line in
      guard problem == nil else { return }
      if skipCount > 0 {
        skipCount -= 1
        return
      }
      let number = block.firstLine + number - 1
      if line.count > LineReader.lineByteCountMax {
        problem = (number, "the line has more than \(LineReader.lineByteCountMax) bytes")
        return
      }
      do throws(JSONReadingError) {
        contents.append((number, try readEventContent(line, reading)))
      } catch {
        problem = (number, error.description)
      }
    }
  }
}
