import LedgerCore
import LedgerFormat
import LedgerProof

/// What a client has submitted, in order, with the roots that the log must have at each batch's end.
final class Submitted: Sendable {
  /// The batches.
  let batches: [[Event]]
  /// All events.
  let events: [Event]
  /// The root at each number of events at which a batch ends; also at 0.
  let roots: [Int: Hash256]
  /// The numbers of events at which batches end: 0, then one for each batch.
  let sizes: [Int]

  init(_ batches: [[Event]]) {
    self.batches = batches
    events = Array(batches.joined())
    var sizes = [0]
    for batch in batches { sizes.append((sizes.last ?? 0) + batch.count) }
    self.sizes = sizes
    let leaves = events.map { MerkleHash.leaf(canonicalBytes(of: $0).span) }
    roots = Dictionary(
      uniqueKeysWithValues: sizes.map { ($0, merkleRoot(ofLeafHashes: leaves[..<$0])) }
    )
  }
}
