import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

@Suite("Canonical JSON")
struct CanonicalJSONTests {
  /// RFC 8785 section 3.2.3: the order of keys is that of UTF-16 code units.
  @Test func `sorts the keys of the RFC's example`() throws {
    let text = """
      {"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh",\
      "1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control",\
      "\\u00f6":"Latin Small Letter O With Diaeresis"}
      """
    let value = try JSONValue(parsing: text.utf8Span.span)
    let expected =
      "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\","
      + "\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\","
      + "\"\u{1f600}\":\"Emoji: Grinning Face\","
      + "\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
    #expect(canonicalJSON(of: value) == Array(expected.utf8))
  }

  /// RFC 8785 section 3.2.2, without the numbers that are no integers.
  @Test func `escapes the RFC's example`() throws {
    let text =
      #"{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#
    let value = try JSONValue(parsing: text.utf8Span.span)
    let expected =
      "{\"literals\":[null,true,false],"
      + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#
    #expect(canonicalJSON(of: value) == Array(expected.utf8))
  }

  @Test func `escapes exactly the control characters, quotes and backslashes`() {
    let named: [UInt32: String] = [8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"]
    for code in UInt32(0)..<0x180 {
      guard let scalar = Unicode.Scalar(code) else { continue }
      let expected: String
      if let name = named[code] {
        expected = name
      } else if code < 0x20 {
        expected = "\\u00" + (code < 16 ? "0" : "") + String(code, radix: 16)
      } else {
        expected = (code == 0x22 || code == 0x5c ? "\\" : "") + String(scalar)
      }
      #expect(canonicalJSON(of: .string(String(scalar))) == Array("\"\(expected)\"".utf8))
    }
  }

  @Test(arguments: [Int64.min, -10, -1, 0, 9, 10, 1 << 53, (1 << 53) + 1, .max])
  func `integers are in full decimal`(integer: Int64) {
    #expect(canonicalJSON(of: .integer(integer)) == Array(String(integer).utf8))
  }

  @Test(arguments: seeds(8))
  func `keys are sorted as their UTF-16 is`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let edges: [UInt32] = [
      0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x1_0000, 0x10_ffff,
    ]
    for _ in 0..<500 {
      var names: [String] = []
      for _ in 0..<4 {
        var view = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
          if let scalar = Unicode.Scalar(generator.element(edges)) { view.append(scalar) }
        }
        let name = String(view)
        if !names.contains(where: { hasSameBytes($0, name) }) { names.append(name) }
      }
      let value = JSONValue.object(names.map { JSONMember($0, .null) })
      let sorted = names.sorted { Array($0.utf16).lexicographicallyPrecedes(Array($1.utf16)) }
      guard case .object(let members) = try? JSONValue(parsing: canonicalJSON(of: value).span)
      else {
        Issue.record("not read again")
        return
      }
      #expect(members == sorted.map { JSONMember($0, .null) })
    }
  }
}
