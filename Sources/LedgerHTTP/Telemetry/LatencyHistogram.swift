/// How long answers took, counted in buckets that grow with the time.
///
/// Every power of two of microseconds is cut in four, as in HdrHistogram, so a bucket's border is at
/// most a quarter above the times in it, from 16 µs to 16 s.
struct LatencyHistogram: Equatable, Sendable {
  /// The buckets below the last one, which has no border.
  static let bucketCount = 4 * (largestPower - smallestPower)
  private static let smallestPower = 4
  private static let largestPower = 24

  /// How many times are in each bucket; the last is for those above all borders.
  private(set) var counts = [Int](repeating: 0, count: bucketCount + 1)
  /// The sum of all times, in microseconds.
  private(set) var sumMicroseconds = 0

  /// Counts a time.
  mutating func add(microseconds: Int) {
    let time = max(0, microseconds)
    counts[Self.bucket(of: time)] += 1
    sumMicroseconds &+= time
  }

  /// The number of times.
  var count: Int { counts.reduce(0, +) }

  /// The bucket of a time: the first whose border is not below it.
  static func bucket(of microseconds: Int) -> Int {
    if microseconds <= border(of: 0) { return 0 }
    // With one less, a time on a border falls into the bucket that ends there.
    let below = microseconds - 1
    let power = Int.bitWidth - 1 - below.leadingZeroBitCount
    let quarter = (below >> (power - 2)) & 3
    return min(bucketCount, 4 * (power - smallestPower) + quarter)
  }

  /// The largest time in a bucket, in microseconds.
  ///
  /// - Precondition: It is not the last bucket.
  static func border(of bucket: Int) -> Int {
    precondition((0..<bucketCount).contains(bucket), "a bucket with a border")
    return (5 + bucket % 4) << (smallestPower - 2 + bucket / 4)
  }
}
