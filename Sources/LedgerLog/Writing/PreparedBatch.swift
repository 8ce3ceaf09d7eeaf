package import LedgerCore
internal import LedgerFormat
package import LedgerProof
internal import Synchronization

/// Events made ready for the log away from it: encoded and hashed, on any thread.
///
/// What is left for the writer is to write the bytes. So a bulk of events is prepared on all cores,
/// and kept small until it is recorded.
package struct PreparedBatch: Sendable {
  /// The position of its first event.
  package let firstPosition: Int
  /// The number of events.
  package let eventCount: Int
  let firstRecordedAt: Int64
  let recordedAt: Int64
  var body: FrameBody
  private var leafHashes: [Hash256]
  /// The tree after the last event; entered by ``enter(in:)``.
  private(set) var range = CompactRange()

  /// Encodes and hashes events.
  ///
  /// - Parameter events: At least one, whose positions follow each other, none recorded before the
  ///   one before it.
  /// - Throws: ``LogError/eventTooLarge(position:byteCount:)`` or
  ///   ``LogError/batchTooLarge(eventCount:byteCount:)``.
  package init(_ events: [Event]) throws(LogError) {
    guard let first = events.first, let last = events.last else {
      preconditionFailure("a batch has at least one event")
    }
    guard LogWriter.fits(events) else {
      throw .batchTooLarge(
        eventCount: events.count,
        byteCount: DetailSection.byteCountBound(of: events)
      )
    }
    firstPosition = first.position
    eventCount = events.count
    firstRecordedAt = first.recordedAt.milliseconds
    recordedAt = last.recordedAt.milliseconds
    body = FrameBody()
    leafHashes = []
    leafHashes.reserveCapacity(events.count)
    var line: [UInt8] = []
    let span = events.span
    for index in span.indices {
      line.removeAll(keepingCapacity: true)
      line.append(MerkleHash.leafPrefix)
      appendCanonicalBytes(of: span[index], to: &line)
      guard line.count <= 1 + Int(UInt16.max) else {
        throw .eventTooLarge(position: span[index].position, byteCount: line.count - 1)
      }
      leafHashes.append(MerkleHash.leaf(prefixed: line.span))
      body.append(span[index])
    }
    body.encode()
  }

  /// Enters the events in the tree of all before them.
  ///
  /// - Precondition: `range` has as many leaves as the batch's first position says.
  package mutating func enter(in range: inout CompactRange) {
    precondition(range.leafCount == firstPosition, "batches are entered in order")
    for hash in leafHashes { range.append(hash) }
    leafHashes = []
    self.range = range
  }

  /// The encoded bytes, to be kept elsewhere until ``giveBack(_:)``.
  package mutating func takeBytes() -> [UInt8] { body.takeBytes() }

  /// Gives back what ``takeBytes()`` took.
  package mutating func giveBack(_ bytes: [UInt8]) { body.giveBack(bytes) }
}

extension LogWriter {
  /// The Merkle tree of all events, those included that are staged.
  package var tree: CompactRange { staging.withLock(\.range) }

  /// Stages a prepared batch, which will be recorded whole or not at all, as a frame of its own.
  ///
  /// - Parameters:
  ///   - batch: The events at the positions from ``size`` on, entered in the tree of all before.
  ///   - mark: As in ``append(_:mark:)-([Event],_)``.
  /// - Throws: ``LogError/stopped(after:)``.
  package func append(_ batch: PreparedBatch, mark: [UInt8]? = nil) throws(LogError) {
    try staging.withLock { (staging) throws(LogError) in try staging.stage(batch, mark) }
  }
}
