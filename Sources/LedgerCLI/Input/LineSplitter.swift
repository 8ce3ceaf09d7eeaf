/// Splits what arrives piece by piece into lines, without keeping more than one line.
///
/// Lines end at the byte LF and nowhere else; a CR before it is dropped. Empty lines are counted
/// and not given.
struct LineSplitter {
  /// The longest line, in bytes.
  static let lineByteCountMax = 1 << 20

  /// A line with its place.
  enum Line: Equatable {
    /// The 1-based number of the line, and its bytes.
    case text(number: Int, bytes: [UInt8])
    /// A line of more than ``LineSplitter/lineByteCountMax`` bytes, which were skipped.
    case tooLong(number: Int)
  }

  private var pending: [UInt8] = []
  private var isSkipping = false
  private var number = 0

  /// The lines that `bytes` completes, in order.
  mutating func lines(adding bytes: [UInt8]) -> [Line] {
    var lines: [Line] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      take(rest[..<end])
      if let line = endLine() { lines.append(line) }
      rest = rest[(end + 1)...]
    }
    take(rest)
    return lines
  }

  /// The last line, which no newline ends; `nil` when there is none.
  mutating func lastLine() -> Line? {
    pending.isEmpty && !isSkipping ? nil : endLine()
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>) {
    guard !isSkipping else { return }
    // One byte more is kept, because a CR at the end does not count.
    if pending.count + bytes.count > Self.lineByteCountMax + 1 {
      isSkipping = true
      pending.removeAll()
    } else {
      pending.append(contentsOf: bytes)
    }
  }

  private mutating func endLine() -> Line? {
    number += 1
    defer {
      pending.removeAll(keepingCapacity: true)
      isSkipping = false
    }
    if isSkipping { return .tooLong(number: number) }
    if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
    if pending.isEmpty { return nil }
    return pending.count > Self.lineByteCountMax
      ? .tooLong(number: number) : .text(number: number, bytes: pending)
  }
}
