package import LedgerCore

/// Writes JSON text without spaces, members in the order in which they are written.
///
/// The commas are its own; that names and values alternate inside objects is the caller's, for
/// whom ``member(_:_:)-(String,String)`` and its like write both.
package struct JSONWriter: Sendable {
  /// The text so far, UTF-8.
  package var bytes: [UInt8]
  /// Whether a value came before in the innermost container.
  private var needsComma = false

  /// A writer that goes on after `bytes`.
  package init(appendingTo bytes: [UInt8] = []) {
    self.bytes = bytes
  }

  /// The text so far.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Writes `{`, what `body` writes, and `}`.
  package mutating func object<Failure>(
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    beginValue()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
    try body(&self)
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  /// Writes `[`, what `body` writes, and `]`.
  package mutating func array<Failure>(
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    beginValue()
    bytes.append(UInt8(ascii: "["))
    needsComma = false
    try body(&self)
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  /// Writes the name of the member whose value is written next.
  package mutating func name(_ name: String) {
    beginValue()
    bytes.appendJSON(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a string.
  package mutating func value(_ text: String) {
    beginValue()
    bytes.appendJSON(text)
  }

  /// Writes an integer.
  package mutating func value(_ integer: Int) {
    beginValue()
    bytes.appendJSON(integer)
  }

  /// Writes `true` or `false`.
  package mutating func value(_ isTrue: Bool) {
    beginValue()
    bytes.append(contentsOf: (isTrue ? "true" : "false").utf8)
  }

  /// Writes a date.
  package mutating func value(_ date: CalendarDate) {
    beginValue()
    bytes.appendJSON(date)
  }

  /// Writes an instant.
  package mutating func value(_ instant: Instant) {
    beginValue()
    bytes.appendJSON(instant)
  }

  /// Writes an event as its canonical object.
  package mutating func value(_ event: Event) {
    beginValue()
    appendCanonicalBytes(of: event, to: &bytes)
  }

  /// Writes `null`.
  package mutating func null() {
    beginValue()
    bytes.append(contentsOf: "null".utf8)
  }

  /// Writes what is JSON already.
  ///
  /// - Precondition: `json` is one JSON value.
  package mutating func raw(_ json: [UInt8]) {
    beginValue()
    bytes.append(contentsOf: json)
  }

  /// Ends a line of JSON Lines; a new value may follow.
  package mutating func newline() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  /// Writes the comma that is due, and notes that one will be due after this value.
  private mutating func beginValue() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }
}

extension JSONWriter {
  /// Writes a member whose value is a string.
  package mutating func member(_ name: String, _ text: String) {
    self.name(name)
    value(text)
  }

  /// Writes a member whose value is an integer.
  package mutating func member(_ name: String, _ integer: Int) {
    self.name(name)
    value(integer)
  }

  /// Writes a member whose value is `true` or `false`.
  package mutating func member(_ name: String, _ isTrue: Bool) {
    self.name(name)
    value(isTrue)
  }

  /// Writes a member whose value is a date, or `null`.
  package mutating func member(_ name: String, _ date: CalendarDate?) {
    self.name(name)
    if let date { value(date) } else { null() }
  }

  /// Writes a member whose value is an instant, or `null`.
  package mutating func member(_ name: String, _ instant: Instant?) {
    self.name(name)
    if let instant { value(instant) } else { null() }
  }

  /// Writes a member whose value is a group's id, or `null`.
  package mutating func member(_ name: String, _ namespace: NamespaceID?) {
    self.name(name)
    if let namespace { value(Int(namespace.rawValue)) } else { null() }
  }

  /// Writes a member whose value is an array of strings.
  package mutating func member(_ name: String, _ texts: [String]) {
    self.name(name)
    array { writer in for text in texts { writer.value(text) } }
  }

  /// Writes a member whose value is an array of integers.
  package mutating func member(_ name: String, _ integers: [Int]) {
    self.name(name)
    array { writer in for integer in integers { writer.value(integer) } }
  }

  /// Writes a member whose value is an object.
  package mutating func memberObject<Failure>(
    _ name: String,
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    self.name(name)
    try object(body)
  }

  /// Writes a member whose value is an array.
  package mutating func memberArray<Failure>(
    _ name: String,
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    self.name(name)
    try array(body)
  }
}
