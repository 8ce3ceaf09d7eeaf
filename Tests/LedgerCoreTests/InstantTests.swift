import LedgerCore
import LedgerTestSupport
import Testing

@Suite("Instant")
struct InstantTests {
  @Test func `counts milliseconds since 1970`() {
    let rows: [(text: String, milliseconds: Int64)] = [
      ("1970-01-01T00:00:00.000Z", 0),
      ("1970-01-01T00:00:00.001Z", 1),
      ("1970-01-01T23:59:59.999Z", 86_399_999),
      ("1970-01-02T00:00:00.000Z", 86_400_000),
      ("2000-02-29T12:34:56.789Z", 951_827_696_789),
      ("2026-02-10T09:00:00.000Z", 1_770_714_000_000),
      ("2149-06-06T23:59:59.999Z", 5_662_310_399_999),
    ]
    for (text, milliseconds) in rows {
      #expect(Instant(text)?.milliseconds == milliseconds)
      #expect(Instant(milliseconds: milliseconds)?.description == text)
    }
  }

  @Test func `lies in the calendar or is none`() {
    #expect(Instant.maxMilliseconds == 65_536 * 86_400_000 - 1)
    #expect(Instant(milliseconds: Instant.maxMilliseconds)?.date == .last)
    for milliseconds in [Instant.maxMilliseconds + 1, -1, Int64.max, .min] {
      #expect(Instant(milliseconds: milliseconds) == nil)
    }
  }

  @Test func `midnight is the first moment of its date`() {
    for number in UInt16.min...UInt16.max {
      let midnight = Instant(midnightOf: CalendarDate(dayNumber: number))
      let before = Instant(milliseconds: midnight.milliseconds - 1)
      guard midnight.date.dayNumber == number, number == 0 || before?.date.dayNumber == number - 1
      else {
        Issue.record("midnight of day \(number) is \(midnight)")
        return
      }
    }
  }

  @Test func `random moments read back, in order`() {
    for seed in seeds(200) {
      var generator = SeededGenerator(seed: seed)
      let numbers = (0..<20).map { _ in
        Int64.random(in: 0...Instant.maxMilliseconds, using: &generator)
      }
      let instants = numbers.compactMap { Instant(milliseconds: $0) }
      #expect(instants.map { Instant($0.description) } == instants, "LEDGER_SEED=\(seed)")
      #expect(instants.sorted().map(\.milliseconds) == numbers.sorted(), "LEDGER_SEED=\(seed)")
      // As texts they sort alike.
      #expect(instants.sorted().map(\.description) == instants.map(\.description).sorted())
    }
  }

  @Test(arguments: [
    "", "2026-02-10", "2026-02-10T09:00:00Z", "2026-02-10T09:00:00.00Z",
    "2026-02-10T09:00:00.0000Z", "2026-02-10T09:00:00.000", "2026-02-10T09:00:00.000z",
    "2026-02-10t09:00:00.000Z", "2026-02-10 09:00:00.000Z", "2026-02-10T09:00:00,000Z",
    "2026-02-10T09:00:00.000+00:00", "2026-02-10T24:00:00.000Z", "2026-02-10T09:60:00.000Z",
    "2026-12-31T23:59:60.000Z", "2026-02-30T09:00:00.000Z", "2149-06-07T00:00:00.000Z",
    "1969-12-31T23:59:59.999Z", "2026-02-10T-9:00:00.000Z", "2026-02-10T09:00:00.-01Z",
    "2026-02-10T09-00-00.000Z", " 2026-02-10T09:00:00.000Z", "2026-02-10T09:00:00.000Z\n",
  ])
  func `any other form is no instant`(text: String) {
    #expect(Instant(text) == nil)
  }

  /// Whatever a byte of the form is replaced by, the result is refused or reads back as it is.
  @Test func `no byte is taken for another`() {
    let form = Array("2026-02-10T09:00:00.000Z".utf8)
    for place in form.indices {
      for byte in UInt8.min...127 {
        var bytes = form
        bytes[place] = byte
        guard let instant = Instant(bytes: bytes.span) else { continue }
        #expect(Array(instant.description.utf8) == bytes)
      }
    }
  }
}
