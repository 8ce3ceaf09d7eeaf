package import LedgerHiredis

/// Which keys are invalidated, where, and how often.
package struct InvalidationConfiguration: Sendable {
  /// The Redis with the keys.
  package var redis: RedisConfiguration
  /// How the keys are made.
  package var template: KeyTemplate
  /// How long after a deletion it is repeated, one after the other: first for the answers that were
  /// on their way, then for those that took GitLab's whole read timeout, 20 seconds.
  package var graces: [Duration]

  /// A configuration; by default for the keys that GitLab makes.
  package init(
    redis: RedisConfiguration,
    template: KeyTemplate = .gitLab,
    graces: [Duration] = [.seconds(1), .seconds(21)]
  ) {
    self.redis = redis
    self.template = template
    self.graces = graces
  }
}
