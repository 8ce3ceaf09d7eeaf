import LedgerCore
import LedgerFormat
import LedgerTestSupport

extension FuzzTarget {
  /// JSON, commands, events, dates: what clients say, one line or one body each.
  static let texts: [FuzzTarget] = [json, command, event, time]

  /// A JSON text: what is accepted has one canonical form, which says the same, and every mode of
  /// reading that takes it reads the same; the system's own reader takes it too.
  static let json = FuzzTarget(
    "json",
    words: [
      "\\u00e9", "\\ud834\\udd1e", "\\ud834", "\\u0000", "1e3", "-0", "0", "9223372036854775807",
      "-9223372036854775808", "9223372036854775808", "null", "true", "[", "]", "{\"a\":", "}", ",",
      "\u{feff}", "\u{2028}", "\"a\"", "e\u{301}", "\u{e9}", "\u{ffff}", "\u{10000}",
    ],
    samples: {
      [
        #"{"b":[1,-2,null,true,false],"a":{"é":"\u00e9\n\ud834\udd1e","":[[]]}}"#,
        #" [ 0 , 9223372036854775807 , -9223372036854775808 , "" ] "#,
        #"{"ö":1,"z":2,"a":{"a":{"a":[{},{},[],""]}}}"#, "\"\u{10000}\u{ffff}\"",
      ].map { Array($0.utf8) }
    },
    check: { bytes throws(FuzzFinding) in
      let any = try? JSONValue(parsing: bytes.span, numbers: .any)
      let wide = try? JSONValue(parsing: bytes.span, numbers: .integersOfAnySize)
      guard let value = try? JSONValue(parsing: bytes.span) else {
        try expect(wide == nil || any != nil, "integers of any size are not any numbers")
        return .refused
      }
      try expect(any == value && wide == value, "another mode reads another value")
      let canonical = canonicalJSON(of: value)
      guard let again = try? JSONValue(parsing: canonical.span) else {
        throw FuzzFinding("the canonical form is no JSON")
      }
      try expect(canonicalJSON(of: again) == canonical, "the canonical form has another one")
      try expect(
        sorted(again) == sorted(value),
        "the canonical form says something else"
      )
      try expect(isReadAlikeByTheSystem(value, bytes), "the system's reader reads it otherwise")
      return .accepted
    }
  )

  /// A command: written from what was read, in any order of members, it is read as the same.
  static let command = FuzzTarget(
    "command",
    words: commandWords,
    samples: { commandSamples.map { Array($0.utf8) } },
    check: { bytes throws(FuzzFinding) in
      let strict = readCommand(bytes.span)
      let reading = readCommand(bytes.span, CommandReadingOptions(allowsNow: true, line: 7))
      if case .command = strict.content {
        try expect(strict == reading, "without a clock the command is another one")
      }
      guard case .command(let command) = reading.content else { return .refused }
      try expect(command.problem == nil, "what is wrong with the command was not said")
      let members = members(of: command, now: reading.now)
      for ordered in [members, members.reversed()] {
        let text = canonicalOrGiven(ordered)
        let again = readCommand(text.span, CommandReadingOptions(allowsNow: true, line: 7))
        try expect(again == reading, "the command is written as another one")
      }
      return .accepted
    }
  )

  /// An event in JSON: its canonical bytes say it again, and frames hold it as it is.
  static let event = FuzzTarget(
    "event",
    words: eventWords,
    samples: {
      var events = RandomEvents(seed: 3)
      return events.next(24).map { canonicalBytes(of: $0) }
    },
    check: { bytes throws(FuzzFinding) in
      let numberings: [EventReadingOptions.Numbering] = [.absent, .dropped]
      for numbering in numberings {
        let options = EventReadingOptions(numbering: numbering, recordedAt: .optional)
        _ = try? readEventContent(bytes.span, options)
      }
      guard let event = try? readEvent(bytes.span, keepsUnknownTypes: true) else {
        return .refused
      }
      try checkCanonical(event)
      guard let value = try? JSONValue(parsing: bytes.span), case .object(let members) = value
      else { throw FuzzFinding("an event is no JSON object") }
      let reversed = canonicalOrGiven(members.reversed())
      let again = try? readEvent(reversed.span, keepsUnknownTypes: true)
      try expect(again == event, "the order of members changes the event")
      // A frame holds positions of its own, so only those that follow are looked at.
      let body = FrameSamples.body([event])
      var columns = FactColumns()
      let factsByteCount = Int(body.span.littleEndian(UInt32.self, at: 2))
      let facts = Array(body[6..<(6 + factsByteCount)])
      let details = Array(body[(6 + factsByteCount)...])
      var reader = DetailSection.Reader()
      do throws(FrameError) {
        try FactSection.decode(
          facts.span,
          count: 1,
          firstPosition: event.position,
          into: &columns
        )
        let stored = try reader.next(of: details.span, with: columns)
        guard stored == event else { throw .outOfRange("it is another event") }
      } catch {
        // Positions and versions from 2^62 on are nobody's; the log numbers events itself.
        guard event.version >= 1 << 62 else {
          throw FuzzFinding("a frame does not hold the event: \(error)")
        }
      }
      return .accepted
    }
  )

  /// Dates and instants: the text of what was read is what was read.
  static let time = FuzzTarget(
    "time",
    words: ["1970-01-01", "2149-06-06", "2149-06-07", "02-29", "T23:59:59.999Z", "24:00", ":60"],
    byteCountMax: 32,
    samples: {
      ["2026-02-10", "2000-02-29", "2026-02-10T09:00:00.000Z", "2149-06-06T23:59:59.999Z"].map {
        Array($0.utf8)
      }
    },
    check: { bytes throws(FuzzFinding) in
      let date = CalendarDate(bytes: bytes.span)
      let instant = Instant(bytes: bytes.span)
      if let text = String(validating: bytes, as: UTF8.self) {
        try expect(CalendarDate(text) == date && Instant(text) == instant, "text is read otherwise")
      }
      guard date != nil || instant != nil else { return .refused }
      let written = date?.description ?? instant?.description ?? ""
      try expect(Array(written.utf8) == bytes, "\(written) has another form")
      if let date {
        let (year, month, day) = date.civil
        try expect(CalendarDate(year: year, month: month, day: day) == date, "\(date) differs")
      }
      return .accepted
    }
  )
}

/// `value` with the members of every object in the order of their names' bytes.
private func sorted(_ value: JSONValue) -> JSONValue {
  switch value {
  case .array(let elements): .array(elements.map(sorted))
  case .object(let members):
    .object(
      members.map { JSONMember($0.name, sorted($0.value)) }
        .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    )
  default: value
  }
}

/// An object of the members in the order in which they are given.
func canonicalOrGiven(_ members: [JSONMember]) -> [UInt8] {
  var writer = JSONWriter()
  writer.object { writer in
    for member in members {
      writer.name(member.name)
      writer.raw(canonicalJSON(of: member.value))
    }
  }
  return writer.bytes
}
