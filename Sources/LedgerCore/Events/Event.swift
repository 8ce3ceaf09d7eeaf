/// A fact as the ledger keeps it for ever: what happened, to whom, when it was recorded, by whom.
public struct Event: Equatable, Sendable {
  /// The place in the whole log: 0, 1, 2, … without gaps; also the leaf index in the Merkle tree.
  public let position: Int
  /// The group it is about, or ``NamespaceID/ledger`` for a rule activation.
  public let namespaceID: NamespaceID
  /// The 1-based number of the event in its namespace.
  public let version: Int
  /// When it was recorded; never decreases along the log.
  public let recordedAt: Instant
  /// Who, which command, why, from where.
  public let metadata: Metadata
  /// What happened.
  public let fact: Fact

  /// An event of the given parts.
  public init(
    position: Int,
    namespaceID: NamespaceID,
    version: Int,
    recordedAt: Instant,
    metadata: Metadata,
    fact: Fact
  ) {
    self.position = position
    self.namespaceID = namespaceID
    self.version = version
    self.recordedAt = recordedAt
    self.metadata = metadata
    self.fact = fact
  }
}
