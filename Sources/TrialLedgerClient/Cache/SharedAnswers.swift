#if Client
public import LedgerCore

/// An answer that another process may have got, with what it takes to judge whether it still holds.
public struct SharedAnswer: Equatable, Sendable {
  /// The answer.
  public var eligibility: Eligibility
  /// The number of events that the server knew.
  public var position: Int
  /// When the server was asked.
  public var askedAt: Instant

  /// An answer of the given parts.
  public init(eligibility: Eligibility, position: Int, askedAt: Instant) {
    self.eligibility = eligibility
    self.position = position
    self.askedAt = askedAt
  }
}

/// A place where several processes keep answers for each other, such as ``RedisAnswers``.
///
/// It need not know what has changed: whoever reads an answer judges by its position whether a change
/// came after it. It may lose answers; it must not give one that nobody kept.
public protocol SharedAnswers: Sendable {
  /// The answers that are kept about some namespaces; none where it cannot tell.
  func answers(about ids: [NamespaceID]) async -> [NamespaceID: SharedAnswer]

  /// Keeps answers.
  ///
  /// - Parameters:
  ///   - answers: What the server said.
  ///   - ends: When each is to be forgotten, at the latest.
  func keep(_ answers: [NamespaceID: SharedAnswer], until ends: [NamespaceID: Instant]) async
}
#endif
