import LedgerCore
import LedgerFormat
import LedgerProof
import LedgerTestSupport

/// Sealed segments, as a writer makes them.
enum SealedSamples {
  /// The bytes of sealed segments of some sizes.
  static let files: [[UInt8]] = [file(count: 5, seed: 21), file(count: 300, seed: 22)]

  /// A sealed segment of random events from position 0 on, in one or two blocks.
  private static func file(count: Int, seed: UInt64) -> [UInt8] {
    let events = FrameSamples.batches([count], seed: seed)[0]
    var encoder = SealedSegmentEncoder(
      replacing: SegmentHeader(
        identity: FuzzTarget.identity,
        firstPosition: 0,
        recordedAtBefore: 0,
        peaks: []
      )
    )
    var bytes: [UInt8] = []
    do throws(FrameError) {
      for part in [events.prefix(count / 2), events.dropFirst(count / 2)] {
        let (columns, details) = FrameSamples.sections(of: Array(part))
        let mark: [UInt8] = part.startIndex == 0 ? [1, 2, 3] : []
        try encoder.append(columns, details.span, mark: mark) { MerkleHash.leaf($0) }
        encoder.endBlock()
      }
    } catch {
      preconditionFailure("events cannot be sealed: \(error)")
    }
    for tree in 0..<(count / 256) { encoder.append(tree: FuzzTarget.hash(UInt8(tree))) }
    _ = encoder.finish(root: FuzzTarget.hash(9))
    bytes += encoder.takeOutput()
    return bytes
  }
}
