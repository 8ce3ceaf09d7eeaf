internal import LedgerFormat

/// What all rows of a sealed segment say, to be compared with its index.
struct SegmentContents: Sendable {
  /// The namespace and version of each event.
  private(set) var events: [NamespaceVersion] = []
  /// The command ids, where they differ from the event before.
  private(set) var commands: [(position: Int, hash: CommandHash)] = []
  /// The positions of the rule activations.
  private(set) var activations: [Int] = []
  /// The roots of the trees of 256 leaves whose last leaf is in the segment, computed.
  var trees: [Hash256] = []

  /// The contents of no rows yet.
  init() {}

  /// Takes in what the rows of the next block say.
  mutating func append(_ rows: RowContents) {
    events += rows.events
    commands += rows.commands
    activations += rows.activations
  }
}

/// The versions of a namespace in a segment: from one to another, without gaps.
struct NamespaceVersions: Sendable {
  var id: Int64
  var first: Int
  var last: Int
  /// The position of the first.
  var position: Int
}
