import LedgerTestSupport
import Testing

@testable import trial_ledger

@Suite("Line splitter")
struct LineSplitterTests {
  @Test func `empty lines count, a CR before LF is dropped, the last line need not end`() {
    #expect(
      lines(of: "a\n\nb\r\n\r\nc\rd\ne", pieceCount: 1) == [
        .text(number: 1, bytes: Array("a".utf8)), .text(number: 3, bytes: Array("b".utf8)),
        .text(number: 5, bytes: Array("c\rd".utf8)), .text(number: 6, bytes: Array("e".utf8)),
      ]
    )
  }

  @Test(.tags(.property))
  func `the pieces in which a text comes do not matter`() {
    for seed in seeds(200) {
      var random = SeededGenerator(seed: seed)
      let text = String(
        (0..<Int.random(in: 0...200, using: &random)).map { _ in
          ["a", "b", "\r", "\n"].randomElement(using: &random) ?? "a"
        }
      )
      let whole = lines(of: text, pieceCount: 1)
      let pieceCount = Int.random(in: 2...40, using: &random)
      #expect(lines(of: text, pieceCount: pieceCount) == whole, "seed \(seed)")
    }
  }

  @Test func `a line that is too long is skipped, and the next one read`() {
    let limit = LineSplitter.lineByteCountMax
    let text =
      String(repeating: "x", count: limit) + "\r\n" + String(repeating: "y", count: limit + 1)
      + "\nz\n" + String(repeating: "w", count: 3 * limit)
    for pieceCount in [1, 7, 100] {
      let lines = lines(of: text, pieceCount: pieceCount)
      #expect(lines.count == 4)
      #expect(
        lines.dropFirst() == [
          .tooLong(number: 2), .text(number: 3, bytes: [UInt8(ascii: "z")]), .tooLong(number: 4),
        ]
      )
    }
  }

  private func lines(of text: String, pieceCount: Int) -> [LineSplitter.Line] {
    let bytes = Array(text.utf8)
    var splitter = LineSplitter()
    var lines: [LineSplitter.Line] = []
    let size = max(1, bytes.count / pieceCount)
    for start in stride(from: 0, to: bytes.count, by: size) {
      lines += splitter.lines(adding: Array(bytes[start..<min(bytes.count, start + size)]))
    }
    if let last = splitter.lastLine() { lines.append(last) }
    return lines
  }
}
