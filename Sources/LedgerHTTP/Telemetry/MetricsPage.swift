/// Writes numbers in Prometheus's text format, version 0.0.4.
struct MetricsPage: Sendable {
  /// The media type that Prometheus asks for.
  static let mediaType = "text/plain; version=0.0.4"

  /// What a number means over time.
  enum Kind: String {
    /// It only grows while the process runs.
    case counter
    /// It goes up and down.
    case gauge
  }

  private(set) var text = ""

  /// Writes one number.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    begin(name, kind.rawValue, help)
    text += "\(name) \(value)\n"
  }

  /// Writes numbers that differ by labels.
  mutating func add(
    _ name: String,
    _ kind: Kind,
    _ help: String,
    _ samples: [(labels: [(name: String, value: String)], value: Int)]
  ) {
    guard !samples.isEmpty else { return }
    begin(name, kind.rawValue, help)
    for sample in samples {
      text += "\(name)\(Self.text(of: sample.labels)) \(sample.value)\n"
    }
  }

  /// Writes numbers of seconds that differ by labels, given in milliseconds.
  mutating func addSeconds(
    _ name: String,
    _ help: String,
    _ samples: [(labels: [(name: String, value: String)], milliseconds: Int)]
  ) {
    guard !samples.isEmpty else { return }
    begin(name, Kind.gauge.rawValue, help)
    for sample in samples {
      let seconds = Self.seconds(sample.milliseconds * 1_000)
      text += "\(name)\(Self.text(of: sample.labels)) \(seconds)\n"
    }
  }

  /// Writes histograms of seconds.
  mutating func add(
    _ name: String,
    _ help: String,
    _ histograms: [(labels: [(name: String, value: String)], histogram: LatencyHistogram)]
  ) {
    guard !histograms.isEmpty else { return }
    begin(name, "histogram", help)
    for (labels, histogram) in histograms {
      var count = 0
      for bucket in 0..<LatencyHistogram.bucketCount {
        count += histogram.counts[bucket]
        let border = Self.seconds(LatencyHistogram.border(of: bucket))
        text += "\(name)_bucket\(Self.text(of: labels + [("le", border)])) \(count)\n"
      }
      text += "\(name)_bucket\(Self.text(of: labels + [("le", "+Inf")])) \(histogram.count)\n"
      text += "\(name)_sum\(Self.text(of: labels)) \(Self.seconds(histogram.sumMicroseconds))\n"
      text += "\(name)_count\(Self.text(of: labels)) \(histogram.count)\n"
    }
  }

  private mutating func begin(_ name: String, _ kind: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
  }

  private static func text(of labels: [(name: String, value: String)]) -> String {
    if labels.isEmpty { return "" }
    let pairs = labels.map { label in
      let value = label.value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        .replacing("\n", with: "\\n")
      return "\(label.name)=\"\(value)\""
    }
    return "{\(pairs.joined(separator: ","))}"
  }

  /// Microseconds as seconds, exactly.
  private static func seconds(_ microseconds: Int) -> String {
    let rest = String(microseconds % 1_000_000)
    var digits = String(repeating: "0", count: 6 - rest.utf8.count) + rest
    while digits.hasSuffix("0") { digits.removeLast() }
    return digits.isEmpty
      ? "\(microseconds / 1_000_000)" : "\(microseconds / 1_000_000).\(digits)"
  }
}
