import TrialLedger

/// What is said about long work: how far, how fast, how long still.
///
/// A pure function of the numbers; ``ProgressReporter`` says when.
func progressLine(
  phase: String,
  done: Int,
  total: Int,
  isBytes: Bool = false,
  elapsedSeconds: Double,
  remainingSeconds: Double? = nil
) -> String {
  let shown = { (count: Int) -> String in isBytes ? byteCount(count) : grouped(count) }
  let left = remainingSeconds.map { ", \(duration(seconds: $0)) left" }
  // A phase that counts nothing of its own.
  if done == 0, total == 0 { return phase + (left ?? "") }
  var line = "\(phase): \(shown(done))"
  if total > 0 {
    let percent = min(100, Int(Double(done) / Double(total) * 100))
    line += " of \(shown(total)) (\(percent) %)"
  }
  guard elapsedSeconds > 0, done > 0 else { return line }
  let rate = Double(done) / elapsedSeconds
  line += isBytes ? ", \(byteCount(Int(min(rate, 1e15))))/s" : ", \(shortened(rate))/s"
  if let left { return line + left }
  if total > done {
    line += ", \(duration(seconds: Double(total - done) / rate)) left"
  }
  return line
}

/// A length of time: 42 s, 3 min 07 s, 2 h 05 min.
func duration(seconds: Double) -> String {
  let whole = Int(min(max(0, seconds.rounded(.up)), 1e9))
  if whole < 60 { return "\(whole) s" }
  if whole < 3_600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
  return "\(whole / 3_600) h \(twoDigits(whole / 60 % 60)) min"
}

private func twoDigits(_ value: Int) -> String {
  value < 10 ? "0\(value)" : "\(value)"
}
