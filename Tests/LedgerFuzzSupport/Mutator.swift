import LedgerTestSupport

/// Changes inputs at random from a seed: a small fuzzer without coverage, for the ordinary tests.
package struct Mutator {
  private var generator: SeededGenerator
  private let samples: [[UInt8]]
  private let words: [[UInt8]]
  private let byteCountMax: Int

  /// A mutator of a target's inputs; `more` are known ones beside its samples.
  package init(_ target: FuzzTarget, and more: [[UInt8]] = [], seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    samples = target.samples + more
    words = target.words.map { Array($0.utf8) }
    byteCountMax = target.byteCountMax
  }

  /// The next input: a sample with one to eight changes.
  package mutating func next() -> [UInt8] {
    var bytes = samples.randomElement(using: &generator) ?? []
    let changeCount = 1 << Int.random(in: 0...3, using: &generator)
    for _ in 0..<Int.random(in: 1...changeCount, using: &generator) { change(&bytes) }
    return Array(bytes.prefix(byteCountMax))
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else {
      bytes.append(.random(in: 0...255, using: &generator))
      return
    }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: bytes[place(in: bytes)] ^= 1 << Int.random(in: 0..<8, using: &generator)
    case 1: bytes[place(in: bytes)] = .random(in: 0...255, using: &generator)
    case 2: bytes[place(in: bytes)] &+= Bool.random(using: &generator) ? 1 : 255
    case 3: bytes.removeSubrange(range(in: bytes))
    case 4: bytes.insert(contentsOf: bytes[range(in: bytes)], at: place(in: bytes))
    case 5: bytes.replaceSubrange(range(in: bytes), with: bytes[range(in: bytes)])
    case 6: putInteger(into: &bytes)
    case 7: bytes.removeLast(bytes.count - place(in: bytes))
    case 8:
      let other = samples.randomElement(using: &generator) ?? []
      guard !other.isEmpty else { return }
      bytes.replaceSubrange(range(in: bytes), with: other[range(in: other)])
    default:
      let word = words.randomElement(using: &generator) ?? Array("\u{0}".utf8)
      let start = place(in: bytes)
      let isOver = Bool.random(using: &generator)
      let end = isOver ? min(bytes.count, start + word.count) : start
      bytes.replaceSubrange(start..<end, with: word)
    }
  }

  /// Writes a number that is at the edge of something over some of the bytes.
  private mutating func putInteger(into bytes: inout [UInt8]) {
    let width = 1 << Int.random(in: 0...3, using: &generator)
    guard bytes.count >= width else { return }
    let edges: [UInt64] = [
      0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
      1 << 62, (1 << 62) - 1, 1 << 63, (1 << 63) - 1, .max,
    ]
    var value = edges.randomElement(using: &generator) ?? 0
    let start = Int.random(in: 0...(bytes.count - width), using: &generator)
    for index in start..<(start + width) {
      bytes[index] = UInt8(truncatingIfNeeded: value)
      value >>= 8
    }
  }

  private mutating func place(in bytes: [UInt8]) -> Int {
    Int.random(in: 0..<bytes.count, using: &generator)
  }

  /// A piece of `bytes`, mostly short.
  private mutating func range(in bytes: [UInt8]) -> Range<Int> {
    let start = place(in: bytes)
    let rest = bytes.count - start
    let longest = Bool.random(using: &generator) ? min(8, rest) : rest
    return start..<(start + Int.random(in: 1...longest, using: &generator))
  }
}
