/// Gives each line of a text of JSON Lines to `body`, without its newline and a CR before that.
///
/// Empty lines are counted and not given; a newline at the end begins no further line.
///
/// - Parameters:
///   - bytes: The text; lines are split at the byte LF and nowhere else.
///   - body: Gets the 1-based number of the line and the line.
/// - Throws: What `body` throws, at once.
package func forEachLine<Failure>(
  of bytes: Span<UInt8>,
  _ body: (_ number: Int, _ line: Span<UInt8>) throws(Failure) -> Void
) throws(Failure) {
  var number = 0
  var start = 0
  while start < bytes.count {
    number += 1
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    let hasReturn = end > start && bytes[end - 1] == UInt8(ascii: "\r")
    let length = end - start - (hasReturn ? 1 : 0)
    if length > 0 { try body(number, bytes.extracting(start..<start + length)) }
    start = end + 1
  }
}
