/// The bytes of `value` in RFC 8785 form (JCS): keys sorted by UTF-16 code units, no spaces, minimal
/// escapes.
///
/// Integers are written in full decimal, also beyond 2^53 where JCS as such would round them.
/// ``JSONValue/number(_:)`` is written as its text.
///
/// - Complexity: O(bytes), and O(n log n) in the members of an object.
package func canonicalJSON(of value: JSONValue) -> [UInt8] {
  var output: [UInt8] = []
  appendCanonicalJSON(of: value, to: &output)
  return output
}

/// Appends the bytes of ``canonicalJSON(of:)``.
package func appendCanonicalJSON(of value: JSONValue, to output: inout [UInt8]) {
  switch value {
  case .null: output.append(contentsOf: "null".utf8)
  case .bool(let isTrue): output.append(contentsOf: (isTrue ? "true" : "false").utf8)
  case .integer(let integer): output.appendJSON(Int(integer))
  case .number(let text): output.append(contentsOf: text.utf8)
  case .string(let text): output.appendJSON(text)
  case .array(let elements):
    output.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      appendCanonicalJSON(of: element, to: &output)
    }
    output.append(UInt8(ascii: "]"))
  case .object(let members):
    output.append(UInt8(ascii: "{"))
    let sorted = members.sorted { precedesInUTF16($0.name, $1.name) }
    for (index, member) in sorted.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      output.appendJSON(member.name)
      output.append(UInt8(ascii: ":"))
      appendCanonicalJSON(of: member.value, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }
}

/// Whether `left` comes before `right` when both are compared by UTF-16 code units.
///
/// UTF-8 sorts by code points, and UTF-16 differs from that in one thing: surrogates (what UTF-8
/// begins with 0xf0 or more) come before U+E000 to U+FFFF (0xee and 0xef).
func precedesInUTF16(_ left: String, _ right: String) -> Bool {
  let left = left.utf8Span.span
  let right = right.utf8Span.span
  for index in 0..<min(left.count, right.count) where left[index] != right[index] {
    let (mine, theirs) = (left[index], right[index])
    if mine >= 0xee, theirs >= 0xee, (mine >= 0xf0) != (theirs >= 0xf0) { return mine >= 0xf0 }
    return mine < theirs
  }
  return left.count < right.count
}
