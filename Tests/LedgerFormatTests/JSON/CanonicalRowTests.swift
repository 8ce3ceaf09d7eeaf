import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

/// The line that is made straight from stored rows against the one that is made of events.
@Suite("Canonical lines of rows")
struct CanonicalRowTests {
  @Test(arguments: seeds(12))
  func `are bit for bit those of the events`(seed: UInt64) throws {
    var source = RandomEvents(seed: seed)
    var generator = SeededGenerator(seed: seed)
    let events = source.next(400).map { vary($0, &generator) }
    let (columns, details) = SealedFile.makeFrame(events[...])
    var cursor = DetailCursor()
    var line: [UInt8] = [7]
    for (index, event) in events.enumerated() {
      line.removeLast(line.count - 1)
      let row = try cursor.next(of: details.span)
      try appendCanonicalBytes(of: row, details.span, with: columns, at: index, to: &line)
      #expect(line.dropFirst().elementsEqual(canonicalBytes(of: event)))
    }
  }

  /// Every number of digits, and both ends of each.
  @Test func `write integers as the standard library does`() throws {
    var powers: [Int64] = [0]
    while let last = powers.last, last <= Int64.max / 10 { powers.append(max(1, last * 10)) }
    for power in powers {
      for value in [power, power &+ 1, power - 1, power / 3 * 7, Int64.max - power] where value > 0
      {
        let line = try self.line(of: NamespaceID(unchecked: value), Instant(midnightOf: .first))
        #expect(line.contains("\"namespace_id\":\(value),"))
      }
    }
  }

  @Test func `write every day and many moments`() throws {
    var generator = SeededGenerator(seed: 1)
    for day in UInt16.min...UInt16.max {
      let moment = Int64(day) * 86_400_000 + .random(in: 0..<86_400_000, using: &generator)
      let instant = try #require(Instant(milliseconds: moment))
      guard longTests || day % 7 == 0 || day > 65_500 else { continue }
      let line = try self.line(of: NamespaceID(unchecked: 1), instant)
      #expect(line.contains("\"recorded_at\":\"\(instant)\""))
    }
  }

  /// What no writer makes throws, or is some line; it never traps, and leaves the output alone.
  @Test(arguments: seeds(8))
  func `never trap on other bytes`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var source = RandomEvents(seed: seed)
    let events = source.next(30)
    let (columns, details) = SealedFile.makeFrame(events[...])
    for _ in 0..<100 {
      var mutant = details
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: mutant.indices, using: &generator)
        mutant[place] = .random(in: 0...255, using: &generator)
      }
      mutant.removeLast(Int.random(in: 0...5, using: &generator))
      var cursor = DetailCursor()
      var output: [UInt8] = []
      for index in events.indices {
        guard let row = try? cursor.next(of: mutant.span) else { break }
        let before = output.count
        do {
          try appendCanonicalBytes(of: row, mutant.span, with: columns, at: index, to: &output)
        } catch {
          #expect(output.count == before)
        }
      }
    }
  }

  private func line(of id: NamespaceID, _ instant: Instant) throws -> String {
    let event = Event(
      position: 0,
      namespaceID: id,
      version: 1,
      recordedAt: instant,
      metadata: Metadata(),
      fact: .planChanged(try #require(PlanCode("x")), startsOn: instant.date, endsOn: nil)
    )
    let (columns, details) = SealedFile.makeFrame([event])
    var cursor = DetailCursor()
    var line: [UInt8] = []
    let row = try cursor.next(of: details.span)
    try appendCanonicalBytes(of: row, details.span, with: columns, at: 0, to: &line)
    #expect(line == canonicalBytes(of: event))
    return String(decoding: line, as: UTF8.self)
  }

  /// The event with texts of every length and every kind of character.
  private func vary(_ event: Event, _ generator: inout SeededGenerator) -> Event {
    var metadata = event.metadata
    let alphabets = ["abc XYZ~\u{7f}", "a\"\\\n\t\u{8}\u{c}\r\u{1}\u{1f}", "aé\u{301}ü€𝄞\u{e000}"]
    func text(_ count: Int) -> String {
      let alphabet = Array((alphabets.randomElement(using: &generator) ?? "x").unicodeScalars)
      var text = ""
      for _ in 0..<count {
        text.unicodeScalars.append(alphabet.randomElement(using: &generator) ?? "x")
      }
      return text
    }
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: metadata.reason = text(.random(in: 0...40, using: &generator))
    case 1:
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        metadata.source["k\(Int.random(in: 0..<1_000_000, using: &generator))"] =
          text(.random(in: 0...20, using: &generator))
      }
    case 2: metadata.actor = Actor(userID: .random(in: 1...9, using: &generator), role: .support)
    default: break
    }
    var fact = event.fact
    if case .rulesActivated(let id, let sha256, _) = fact {
      fact = .rulesActivated(id, sha256: sha256, text: text(.random(in: 0...90, using: &generator)))
    }
    return Event(
      position: event.position,
      namespaceID: event.namespaceID,
      version: .random(in: 1...1_000_000, using: &generator),
      recordedAt: event.recordedAt,
      metadata: metadata,
      fact: fact
    )
  }
}
