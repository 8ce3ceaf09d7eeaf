/// Commands to be sent together, as bytes (RESP2, an array of bulk strings each).
package struct RedisPipeline: Sendable {
  /// The bytes to send.
  package private(set) var bytes: [UInt8] = []
  /// The number of commands.
  package private(set) var count = 0

  /// A pipeline of no commands.
  package init() {}

  /// Appends a command with its arguments.
  ///
  /// - Precondition: `words` is not empty.
  package mutating func append(_ words: [String]) {
    append(words.map { Array($0.utf8) })
  }

  /// Appends a command with its arguments, which may be any bytes.
  ///
  /// - Precondition: `words` is not empty.
  package mutating func append(_ words: [[UInt8]]) {
    precondition(!words.isEmpty, "a command has a name")
    begin(wordCount: words.count)
    for word in words { append(word) }
  }

  /// Begins a command of `wordCount` words, which ``append(_:)`` gives one by one.
  mutating func begin(wordCount: Int) {
    count += 1
    append(UInt8(ascii: "*"), wordCount)
  }

  /// Appends one word of the command begun last.
  mutating func append(_ word: some Collection<UInt8>) {
    append(UInt8(ascii: "$"), word.count)
    bytes.append(contentsOf: word)
    endLine()
  }

  private mutating func append(_ kind: UInt8, _ number: Int) {
    bytes.append(kind)
    bytes.append(contentsOf: String(number).utf8)
    endLine()
  }

  private mutating func endLine() {
    bytes.append(0x0d)
    bytes.append(0x0a)
  }
}
