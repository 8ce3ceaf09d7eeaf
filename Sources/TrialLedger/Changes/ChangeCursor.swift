import LedgerCore
import LedgerFormat
import LedgerProof

/// A place in the order of changes, after the last one that was handed over; text to be kept.
///
/// It is valid for ever on the history it was made on, wherever that is kept; it names the point of
/// the log, the date, and where inside a date or an activation. What it is made of is nobody else's
/// business, but it is printable ASCII of letters, digits, points and hyphens, at most 96 bytes, so
/// that it fits into a header, an address or a file name.
public struct ChangeCursor: Hashable, Sendable {
  /// What was being handed over; everything before it has been.
  enum Stage: Hashable, Sendable {
    /// All up to the position and the date.
    case whole
    /// The date, up to a namespace.
    case date(through: Int64)
    /// The activation at the position before, up to a namespace; 0 is everybody without events.
    case activation(through: Int64)
  }

  /// The number of events whose changes were handed over, that of the activation included.
  package let position: Int
  /// The date whose changes were handed over, or are being.
  let date: CalendarDate
  let stage: Stage
  /// Tells one history up to ``position`` from another; 0 of one without events.
  let history: UInt64

  init(position: Int, date: CalendarDate, stage: Stage, history: UInt64) {
    self.position = position
    self.date = date
    self.stage = stage
    self.history = history
  }

  /// Reads the text of a cursor.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` for any other text, a shortened or a changed one too.
  public init(_ text: String) throws(LedgerError) {
    guard text.utf8.count <= 96, let cursor = Self(parsing: text) else {
      throw .badInput(
        "the cursor is not one that this program made, or not all of it; "
          + "begin again from the start or from now"
      )
    }
    self = cursor
  }

  /// Only the text that ``text`` gives is read, so that one place has one text.
  private init?(parsing text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 6, parts[0] == Self.version, let position = Int(parts[1]), position >= 0,
      let date = CalendarDate(parts[2]), let kind = parts[3].utf8.first,
      let history = UInt64(parts[4], radix: 16)
    else { return nil }
    let number = Int64(parts[3].dropFirst())
    switch (kind, number) {
    case (UInt8(ascii: "w"), nil): stage = .whole
    case (UInt8(ascii: "d"), let id?) where id >= 0: stage = .date(through: id)
    case (UInt8(ascii: "r"), let id?) where id >= 0 && position > 0:
      stage = .activation(through: id)
    default: return nil
    }
    self.position = position
    self.date = date
    self.history = history
    guard hasSameBytes(self.text, text) else { return nil }
  }

  private static let version = "c1"

  /// The cursor as text.
  public var text: String {
    let place =
      switch stage {
      case .whole: "w"
      case .date(let id): "d\(id)"
      case .activation(let id): "r\(id)"
      }
    let content = "\(Self.version).\(position).\(date).\(place).\(hexadecimal(history, 16))"
    let sum = shortened(MerkleHash.plain(Array(content.utf8).span)) >> 32
    return content + "." + hexadecimal(sum, 8)
  }
}

extension ChangeCursor: CustomStringConvertible {
  /// The cursor as text.
  public var description: String { text }
}

/// What tells a history with those first and last events from others.
///
/// An event that was recorded anew after a loss was recorded later than the lost one; so one that is
/// the same has the same events before it.
func historyCheck(first: Hash256, last: Event) -> UInt64 {
  var bytes = first.bytes
  MerkleHash.leaf(canonicalBytes(of: last).span).append(to: &bytes)
  return shortened(MerkleHash.plain(bytes.span))
}

private func shortened(_ hash: Hash256) -> UInt64 {
  hash.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
}

private func hexadecimal(_ value: UInt64, _ width: Int) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
