package import LedgerCore

/// What is known of GitLab's copy of a namespace: what it took last, and what it may do yet.
package struct KnownCopy: Equatable, Sendable {
  /// A content that was sent and that GitLab gave no answer to, so that it may have been done, or be
  /// done as long as ``until``.
  package struct Unanswered: Equatable, Sendable {
    /// The content; see ``PushedPart/hash``.
    package let hash: [UInt8]
    /// When it can be done no longer.
    package let until: Instant
  }

  /// The hash of each part that GitLab took last, by the part's name; one that no content has where
  /// nobody knows what GitLab made of a later one.
  package var pushed: [String: [UInt8]] = [:]
  /// What went unanswered, by the part's name.
  package var unanswered: [String: [Unanswered]] = [:]

  /// Nothing is known.
  package init() {}

  /// Whether GitLab has to be told of `part` at `now`.
  ///
  /// What it took last is told again once an older push of other content, that went unanswered, can no
  /// longer be done: it may have been done last. What GitLab assumes without being told is told only
  /// where it may hold something else.
  package func mustPush(_ part: PushedPart, at now: Instant) -> Bool {
    let unanswered = unanswered[part.kind.name] ?? []
    guard let known = pushed[part.kind.name] else {
      return !part.isNothing || !unanswered.isEmpty
    }
    return known != part.hash || unanswered.contains { $0.hash != part.hash && $0.until <= now }
  }

  /// Whether that content was sent before and went unanswered.
  package func isUnanswered(_ part: PushedPart) -> Bool {
    unanswered[part.kind.name]?.contains { $0.hash == part.hash } ?? false
  }
}
