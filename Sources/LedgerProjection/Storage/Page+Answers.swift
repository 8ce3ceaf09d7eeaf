extension Page {
  /// Keeps the answer of the id with that bit, computed for `date`.
  mutating func setAnswer(_ answer: UInt32, _ bit: UInt64, date: UInt16) {
    let slot = Self.headerWordCount + Self.rank(bit, words[0])
    words[slot] = words[slot] & ~0xffff_ffff | UInt64(answer)
    words[1] |= bit
    words[2] = max(words[2], UInt64(date))
  }

  /// Forgets every answer.
  mutating func forgetAnswers() {
    guard !words.isEmpty else { return }
    words[1] = 0
    words[2] = 0
  }

  /// Whether an answer is missing or has run out.
  func lacksAnswers(on date: UInt16) -> Bool {
    guard words[0] == words[1] else { return true }
    for slot in 0..<words[0].nonzeroBitCount {
      let until = words[Self.headerWordCount + slot] &>> 16 & 0xffff
      if until != 0, until <= UInt64(date) { return true }
    }
    return false
  }
}
