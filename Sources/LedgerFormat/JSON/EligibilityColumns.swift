package import LedgerCore

/// The answers about many groups as columns, as they come out of memory: written down without an
/// object for each.
package struct EligibilityColumns: Equatable, Sendable {
  /// The groups, in the order asked, each once.
  package let namespaceIDs: [NamespaceID]
  /// The types that the bits of ``typeSets`` stand for, in file order; at most 64.
  package let types: [TrialType]
  /// For each group the types that it may start: bit i stands for `types[i]`.
  package let typeSets: [UInt64]
  /// For each group the day number of `valid_until`; 0 for none.
  package let validUntil: [UInt16]

  /// Answers of the given columns.
  ///
  /// - Precondition: The columns are of one length, and at most 64 types are told apart.
  package init(
    namespaceIDs: [NamespaceID],
    types: [TrialType],
    typeSets: [UInt64],
    validUntil: [UInt16]
  ) {
    precondition(types.count <= 64, "a bit for each type")
    precondition(
      typeSets.count == namespaceIDs.count && validUntil.count == namespaceIDs.count,
      "columns of one length"
    )
    self.namespaceIDs = namespaceIDs
    self.types = types
    self.typeSets = typeSets
    self.validUntil = validUntil
  }
}

extension JSONWriter {
  /// Writes the answer about some groups, the same bytes as
  /// ``eligibility(on:position:by:_:)-([(namespaceID:NamespaceID,eligibility:Eligibility)])``.
  ///
  /// - Complexity: O(answers); nothing is allocated for each.
  package mutating func eligibility(
    on date: CalendarDate,
    position: Int,
    by inForce: RulesInForce,
    _ columns: EligibilityColumns
  ) {
    object { writer in
      writer.member("date", date)
      writer.member("position", position)
      writer.members(of: inForce)
      writer.memberObject("namespaces") { $0.bytes.appendTypes(of: columns) }
      writer.memberObject("valid_until") { $0.bytes.appendValidity(of: columns) }
    }
  }
}

extension [UInt8] {
  /// Appends `"1":["type"],"2":[]`.
  fileprivate mutating func appendTypes(of columns: EligibilityColumns) {
    let texts = TypeTexts(of: columns)
    let count = columns.namespaceIDs.count
    // An id has at most 19 digits; beside it are two quotes, a colon and a comma.
    append(addingCapacity: texts.byteCount + 23 * count) { output in
      let (ids, bytes, ranges) = (columns.namespaceIDs.span, texts.bytes.span, texts.ranges.span)
      for index in ids.indices {
        output.appendName(ids[index], isFirst: index == 0)
        output.append(copying: bytes.extracting(ranges[index]))
      }
    }
  }

  /// Appends `"1":"2026-12-01","2":null`.
  fileprivate mutating func appendValidity(of columns: EligibilityColumns) {
    append(addingCapacity: (23 + 12) * columns.namespaceIDs.count) { output in
      let (ids, days) = (columns.namespaceIDs.span, columns.validUntil.span)
      let dates = dateTexts.span
      for index in ids.indices {
        output.appendName(ids[index], isFirst: index == 0)
        if days[index] == 0 {
          output.append(literal: "null")
        } else {
          let start = Int(days[index]) * dateTextByteCount
          output.append(copying: dates.extracting(start..<start + dateTextByteCount))
        }
      }
    }
  }
}

extension OutputSpan<UInt8> {
  /// Appends a comma unless it is the first, and `"1":`.
  @inline(__always)
  fileprivate mutating func appendName(_ id: NamespaceID, isFirst: Bool) {
    if !isFirst { append(UInt8(ascii: ",")) }
    append(UInt8(ascii: "\""))
    appendDigits(id.rawValue.magnitude)
    append(UInt8(ascii: "\""))
    append(UInt8(ascii: ":"))
  }
}

/// The bytes of a date in quotes.
private let dateTextByteCount = 12

/// Every date there is in quotes, one after another, 768 KiB: working a date out takes longer than all
/// else about an id, and those that answers name lie close together.
private let dateTexts: [UInt8] = {
  var texts: [UInt8] = []
  texts.reserveCapacity((Int(UInt16.max) + 1) * dateTextByteCount)
  for day in UInt16.min ... .max { texts.appendJSON(CalendarDate(dayNumber: day)) }
  return texts
}()

/// The sets of types in JSON, each written once as long as few are told apart.
private struct TypeTexts {
  /// The texts, one after another.
  private(set) var bytes: [UInt8] = []
  /// Where in ``bytes`` each group's is.
  private(set) var ranges: [Range<Int>] = []
  /// How long all groups' texts are together.
  private(set) var byteCount = 0

  init(of columns: EligibilityColumns) {
    // A set's text is written again when another one had its slot meanwhile.
    var slots = InlineArray<16, (set: UInt64, start: Int, end: Int)>(repeating: (0, 0, 0))
    ranges.reserveCapacity(columns.typeSets.count)
    for set in columns.typeSets {
      let slot = Int((set &* 0x9e37_79b9_7f4a_7c15) >> 60)
      if slots[slot].end == 0 || slots[slot].set != set {
        let start = bytes.count
        append(set, columns.types)
        slots[slot] = (set, start, bytes.count)
      }
      let range = slots[slot].start..<slots[slot].end
      ranges.append(range)
      byteCount += range.count
    }
  }

  /// Appends `["type"]`.
  private mutating func append(_ set: UInt64, _ types: [TrialType]) {
    var writer = JSONWriter()
    swap(&writer.bytes, &bytes)
    writer.array { writer in
      for (number, type) in types.enumerated() where set >> UInt64(number) & 1 == 1 {
        writer.value(type.code)
      }
    }
    swap(&writer.bytes, &bytes)
  }
}
