// How numbers are written for people, wherever the ledger says them.

/// A number in at most three digits and a unit: 950, 12.3 k, 4.56 M.
package func shortened(_ number: Double) -> String {
  let units: [(Double, String)] = [(1e9, " G"), (1e6, " M"), (1e3, " k")]
  for (size, name) in units where number >= size {
    let value = number / size
    return decimal(value, digits: value < 10 ? 2 : value < 100 ? 1 : 0) + name
  }
  return decimal(number, digits: 0)
}

/// A size in bytes with a unit of 1,000: 950 B, 12.3 kB, 4.56 MB.
package func byteCount(_ count: Int) -> String {
  let text = shortened(Double(count))
  return text.contains(" ") ? text + "B" : text + " B"
}

/// `value`, not negative, rounded to so many digits after the point.
package func decimal(_ value: Double, digits: Int) -> String {
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((value * Double(scale)).rounded())
  guard digits > 0 else { return String(scaled) }
  let fraction = String(scaled % scale)
  let zeros = String(repeating: "0", count: digits - fraction.utf8.count)
  return "\(scaled / scale).\(zeros)\(fraction)"
}

/// A number with a comma after every three digits: 1,234,567.
package func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var result = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
    result.append(digit)
  }
  return number < 0 ? "-" + result : result
}

/// A number with its noun: 1 event, 1,234 events.
package func counted(_ number: Int, _ noun: String) -> String {
  "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
}
