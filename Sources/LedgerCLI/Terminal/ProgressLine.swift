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

/// A number with a comma after every three digits: 1,234,567.
func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var result = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
    result.append(digit)
  }
  return number < 0 ? "-" + result : result
}

/// A number with its noun: 1 event, 1,234 events.
func counted(_ number: Int, _ noun: String) -> String {
  "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
}

/// A number in at most three digits and a unit: 950, 12.3 k, 4.56 M.
func shortened(_ number: Double) -> String {
  let units: [(Double, String)] = [(1e9, " G"), (1e6, " M"), (1e3, " k")]
  for (size, name) in units where number >= size {
    let value = number / size
    return decimal(value, digits: value < 10 ? 2 : value < 100 ? 1 : 0) + name
  }
  return decimal(number, digits: 0)
}

/// A size in bytes with a unit of 1,000: 950 B, 12.3 kB, 4.56 MB.
func byteCount(_ count: Int) -> String {
  let text = shortened(Double(count))
  return text.contains(" ") ? text + "B" : text + " B"
}

/// A length of time: 42 s, 3 min 07 s, 2 h 05 min.
func duration(seconds: Double) -> String {
  let whole = Int(min(max(0, seconds.rounded(.up)), 1e9))
  if whole < 60 { return "\(whole) s" }
  if whole < 3_600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
  return "\(whole / 3_600) h \(twoDigits(whole / 60 % 60)) min"
}

/// `value`, not negative, rounded to so many digits after the point.
func decimal(_ value: Double, digits: Int) -> String {
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((value * Double(scale)).rounded())
  guard digits > 0 else { return String(scaled) }
  let fraction = String(scaled % scale)
  let zeros = String(repeating: "0", count: digits - fraction.utf8.count)
  return "\(scaled / scale).\(zeros)\(fraction)"
}

private func twoDigits(_ value: Int) -> String {
  value < 10 ? "0\(value)" : "\(value)"
}
