import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// Asks a reader everything at random places and compares with the model, an array of events.
func compareQuestions(
  _ reader: LogReader,
  _ model: [Event],
  _ generator: inout SeededGenerator
) throws {
  guard !model.isEmpty else { return }
  for _ in 0..<12 {
    let lower = Int.random(in: 0...model.count, using: &generator)
    let upper = Int.random(in: lower...model.count, using: &generator)
    var events: [Event] = []
    try reader.forEachEvent(from: lower, to: upper) { event in
      events.append(event)
      return true
    }
    #expect(events == Array(model[lower..<upper]))
    var lines: [String] = []
    try reader.forEachLine(from: lower, to: upper) { line in
      lines.append(String(decoding: line.indices.map { line[$0] }, as: UTF8.self))
      return true
    }
    #expect(lines == model[lower..<upper].map { canonicalLine(of: $0) })
    try compareColumns(reader, model, lower, upper)
    let instant = model[Int.random(in: model.indices, using: &generator)].recordedAt
    #expect(try reader.size(asOf: instant) == model.count { $0.recordedAt <= instant })
    let id = NamespaceID(.random(in: 1...20, using: &generator)) ?? .ledger
    #expect(
      try reader.events(of: id, below: upper)
        == model.prefix(upper).filter { $0.namespaceID == id }
    )
    if lower < model.count { #expect(try reader.event(at: lower) == model[lower]) }
  }
  #expect(try reader.size(asOf: Instant(midnightOf: .first)) == 0)
  #expect(
    try reader.rulesActivations(below: model.count)
      == model.filter { if case .rulesActivated = $0.fact { true } else { false } }
  )
  try compareCommandIDs(reader, model)
  try compareCommandPositions(reader, model)
}

/// The columns of a range are those of its events, appended one by one.
private func compareColumns(
  _ reader: LogReader,
  _ model: [Event],
  _ lower: Int,
  _ upper: Int
) throws {
  var position = lower
  try reader.foldColumns(from: lower, to: upper) { columns in
    #expect(columns.firstPosition == position)
    var expected = FactColumns()
    var codes: [String: UInt16] = [:]
    expected.firstPosition = position
    for event in model[position..<(position + columns.count)] { expected.append(event, &codes) }
    position += columns.count
    #expect(columns.namespaceIDs == expected.namespaceIDs)
    #expect(columns.kinds == expected.kinds)
    #expect(columns.firstDates == expected.firstDates)
    #expect(columns.secondDates == expected.secondDates)
    #expect(columns.parents.map(\.index) == expected.parents.map(\.index))
    #expect(columns.parents.map(\.parent) == expected.parents.map(\.parent))
    for index in 0..<columns.count where columns.kinds[index] <= 7 {
      #expect(
        columns.codeTable[Int(columns.codes[index])]
          == expected.codeTable[Int(expected.codes[index])]
      )
    }
  }
  #expect(position == upper)
}

/// Each id is met at its first event at the latest once a frame, and never elsewhere.
private func compareCommandIDs(_ reader: LogReader, _ model: [Event]) throws {
  var firsts: [String: Int] = [:]
  try reader.forEachCommandID(from: 0, to: model.count) { position, id in
    #expect(model[position].metadata.commandID == id)
    if firsts[id.text] == nil { firsts[id.text] = position }
  }
  var expected: [String: Int] = [:]
  for event in model {
    guard let id = event.metadata.commandID?.text, expected[id] == nil else { continue }
    expected[id] = event.position
  }
  #expect(firsts == expected)
}

/// Of each command that is in sealed segments, the first event is found; where there are several
/// candidates, they are few.
private func compareCommandPositions(_ reader: LogReader, _ model: [Event]) throws {
  var expected: [CommandID: Int] = [:]
  for event in model.prefix(reader.sealedSize) {
    guard let id = event.metadata.commandID, expected[id] == nil else { continue }
    expected[id] = event.position
  }
  for (id, position) in expected.prefix(20) {
    let found = try reader.positions(of: id)
    #expect(found.contains(position) && found == found.sorted() && found.count <= 4)
  }
  let absent = try #require(CommandID("nobody-sent-this"))
  #expect(try reader.positions(of: absent).isEmpty)
}
