extension FuzzTarget {
  /// The readers that need nothing of HTTP.
  public static let all: [FuzzTarget] =
    binary + [sealedSegment, folder] + proofs + texts + ruleFiles + bulk
}
