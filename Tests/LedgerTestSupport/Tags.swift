public import Testing

extension Tag {
  /// Compares with a reviewed file in Snapshots.
  @Tag public static var snapshot: Self
  /// From many seeds.
  @Tag public static var property: Self
  /// Kills, tears, fills up.
  @Tag public static var crash: Self
}
