import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

@Suite("JSON parser")
struct JSONParserTests {
  @Test(arguments: [
    ("null", JSONValue.null),
    (" \t\r\n true ", .bool(true)),
    ("false", .bool(false)),
    ("0", .integer(0)),
    ("-1", .integer(-1)),
    ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)),
    ("\"\"", .string("")),
    ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", .string("\"\\/\u{8}\u{c}\n\r\t")),
    ("\"\\u0000\\u00e9\\u20AC\"", .string("\0\u{e9}\u{20ac}")),
    ("\"x\\ud834\\uDD1Ey\"", .string("x𝄞y")),
    ("\"\u{7f}\u{10ffff}\"", .string("\u{7f}\u{10ffff}")),
    ("[]", .array([])),
    ("[1,[2],{}]", .array([.integer(1), .array([.integer(2)]), .object([])])),
    (
      "{\"b\":1 , \"a\" : null}",
      .object([JSONMember("b", .integer(1)), JSONMember("a", .null)])
    ),
    (
      // The two names are canonically equivalent and yet two.
      "{\"\u{e9}\":1,\"e\u{301}\":2}",
      .object([JSONMember("\u{e9}", .integer(1)), JSONMember("e\u{301}", .integer(2))])
    ),
  ])
  func `reads strict JSON`(text: String, expected: JSONValue) throws {
    #expect(try JSONValue(parsing: text.utf8Span.span) == expected)
  }

  @Test func `strings are compared by bytes`() {
    #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
    #expect(JSONMember("\u{e9}", .null) != JSONMember("e\u{301}", .null))
  }

  @Test func `every bad text has its sentence`() {
    var lines: [String] = []
    for (name, bytes) in BadJSON.texts {
      do {
        _ = try JSONValue(parsing: bytes.span)
        Issue.record("\(name) was read")
      } catch {
        lines.append("\(name): \(error)")
      }
    }
    for (name, text) in BadJSON.events {
      lines.append("event, \(name): \(eventSentence(text))")
    }
    for (name, text) in BadJSON.commands {
      lines.append("command, \(name): \(commandSentence(text))")
    }
    expectSnapshot(of: lines.joined(separator: "\n") + "\n", at: "Format/json-errors.txt")
  }

  private func eventSentence(_ text: String) -> String {
    do throws(JSONReadingError) {
      _ = try readEvent(text.utf8Span.span)
      return "was read"
    } catch {
      return error.description
    }
  }

  private func commandSentence(_ text: String) -> String {
    switch readCommand(text.utf8Span.span).content {
    case .command: "was read"
    case .invalid(let problem): problem.message
    }
  }

  @Test func `every bad event and command is refused`() throws {
    for (name, text) in BadJSON.events {
      #expect(throws: JSONReadingError.self, "\(name)") { try readEvent(text.utf8Span.span) }
    }
    for (name, text) in BadJSON.commands {
      guard case .invalid = readCommand(text.utf8Span.span).content else {
        Issue.record("\(name) was read")
        continue
      }
    }
  }

  @Test func `nests sixteen containers and no more`() throws {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let inner = open == "[" ? "" : "1"
      func nested(_ depth: Int) -> String {
        String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
      }
      _ = try JSONValue(parsing: nested(16).utf8Span.span)
      #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(17).utf8Span.span) }
      // So deep that a reader without a limit would run out of stack.
      #expect(throws: JSONSyntaxError.self) {
        try JSONValue(parsing: nested(100_000).utf8Span.span)
      }
    }
    // Depth is of what is open, not of all that was.
    let flat = "[" + String(repeating: "[],{\"a\":[]},", count: 40) + "0]"
    _ = try JSONValue(parsing: flat.utf8Span.span)
  }

  @Test func `a line has at most a mebibyte`() throws {
    let limit = JSONValue.textByteCountMax
    let fits = "\"" + String(repeating: "x", count: limit - 2) + "\""
    guard case .string(let text) = try JSONValue(parsing: fits.utf8Span.span) else {
      Issue.record("no string")
      return
    }
    #expect(text.utf8.count == limit - 2)
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: (fits + " ").utf8Span.span) }
  }

  @Test func `an object of very many keys is read in good time`() throws {
    let names = (0..<60_000).map { "\"\($0)\":0" }.joined(separator: ",")
    guard case .object(let members) = try JSONValue(parsing: "{\(names)}".utf8Span.span) else {
      Issue.record("no object")
      return
    }
    #expect(members.count == 60_000)
    #expect(throws: JSONSyntaxError.self) {
      try JSONValue(parsing: "{\(names),\"3\":1}".utf8Span.span)
    }
  }

  @Test(arguments: [
    ("1.0", "1.0"), ("-0", "-0"), ("1e3", "1e3"), ("1E+3", "1E+3"), ("0.5e-7", "0.5e-7"),
    ("9223372036854775808", "9223372036854775808"),
  ])
  func `another system's numbers are kept as text`(text: String, expected: String) throws {
    let bytes = text.utf8Span.span
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes) }
    #expect(try JSONValue(parsing: bytes, numbers: .any) == .number(expected))
    #expect(
      try JSONValue(parsing: "[\(text)]".utf8Span.span, numbers: .any)
        == .array([.number(expected)])
    )
  }

  @Test(arguments: ["01", "1.", ".5", "+1", "1e", "1e+", "-", "--1", "0x1", "1_0", "NaN", "1.e1"])
  func `what is no number is none for another system either`(text: String) {
    #expect(throws: JSONSyntaxError.self) {
      try JSONValue(parsing: text.utf8Span.span, numbers: .any)
    }
  }

  @Test(arguments: seeds(16))
  func `written and read again is the same`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<64 {
      let value = generator.value(depth: 5)
      let bytes = canonicalJSON(of: value)
      let read = try JSONValue(parsing: bytes.span)
      #expect(canonicalJSON(of: read) == bytes)
    }
  }

  /// Foreign bytes throw or are read, whatever they are; what is read is written the same twice.
  @Test(arguments: seeds(16))
  func `never traps on damaged bytes`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      var bytes = canonicalBytes(of: try generator.event())
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[index] = .random(in: 0...255, using: &generator)
        case 1: bytes[index] = generator.element(Array("\"\\{}[],:-0e.u".utf8))
        case 2: bytes.remove(at: index)
        default: bytes.removeSubrange(index...)
        }
        if bytes.isEmpty { bytes = [0x22] }
      }
      for numbers in [JSONNumbers.integers, .integersOfAnySize, .any] {
        guard let value = try? JSONValue(parsing: bytes.span, numbers: numbers) else { continue }
        let canonical = canonicalJSON(of: value)
        let again = try JSONValue(parsing: canonical.span, numbers: numbers)
        #expect(canonicalJSON(of: again) == canonical)
      }
      _ = readCommand(bytes.span, CommandReadingOptions(allowsNow: true))
      if let event = try? readEvent(bytes.span, keepsUnknownTypes: true) {
        #expect(try readEvent(canonicalBytes(of: event).span, keepsUnknownTypes: true) == event)
      }
    }
  }

  @Test func `lines are split at LF, counted, and empty ones left out`() {
    func lines(_ text: String) -> [String] {
      var result: [String] = []
      forEachLine(of: text.utf8Span.span) { number, line in
        var bytes: [UInt8] = []
        for index in line.indices { bytes.append(line[index]) }
        result.append("\(number):\(String(decoding: bytes, as: UTF8.self))")
      }
      return result
    }
    #expect(lines("") == [])
    #expect(lines("a") == ["1:a"])
    #expect(lines("a\n") == ["1:a"])
    #expect(lines("\na\r\n\r\n\nb\u{2028}c\rd") == ["2:a", "5:b\u{2028}c\rd"])
    #expect(lines(" \n") == ["1: "])
  }
}
