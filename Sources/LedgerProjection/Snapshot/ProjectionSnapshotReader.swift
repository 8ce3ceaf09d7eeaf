import LedgerCore

/// Makes a projection of the bytes of a ``ProjectionSnapshot``.
///
/// The bytes are foreign: whatever they are, reading throws or gives a projection on which nothing
/// traps. What a person has made to look right is not told from what is right.
package struct ProjectionSnapshotReader: Sendable {
  /// A part as it was read.
  package struct Part: Sendable {
    let index: Int
    /// With the answers of each page that stand apart.
    var pages: [(number: Int, page: Page, answers: [UInt16])] = []
    var large: [Int64: [UInt32]] = [:]
    var namespaceCount = 0
    var eventCount = 0
  }

  /// More parts are no snapshot of ours: 4 TiB.
  private static let partCountMax = 1 << 20
  /// More of anything is not counted, so that sums of some of it are numbers.
  private static let countMax = 1 << 56

  /// The number of parts that must be added.
  package let partCount: Int
  /// The number of events that the projection will know.
  package let size: Int
  private let namespaceCount: Int
  private let ledgerVersion: Int
  private let eventCounts: [Int]
  private let denseLimit: Int
  private let codes: CodeTable
  private let answersFor: AnswersKey?
  private let answersOn: CalendarDate
  private let answers: AnswerLists
  private var parts: [Part?]

  /// Reads the header.
  package init(header bytes: Span<UInt8>) throws(SnapshotError) {
    var cursor = try SnapshotCursor(bytes, format: SnapshotWriter.headerFormat)
    size = try cursor.count(of: bytes, upTo: Self.countMax)
    namespaceCount = try cursor.count(of: bytes, upTo: Self.countMax)
    ledgerVersion = try cursor.count(of: bytes, upTo: Self.countMax)
    var counts: [Int] = []
    for _ in 0..<256 { counts.append(try cursor.count(of: bytes, upTo: size)) }
    eventCounts = counts
    denseLimit = try cursor.count(of: bytes, upTo: PageDirectory.denseLimitMax)
    partCount = try cursor.count(of: bytes, upTo: Self.partCountMax)
    codes = try Self.codes(&cursor, bytes)
    let key = try cursor.text(of: bytes)
    answersFor = key.isEmpty ? nil : AnswersKey(text: key)
    guard let date = UInt16(exactly: try cursor.uint32(of: bytes)) else {
      throw .damaged("a date is none")
    }
    answersOn = CalendarDate(dayNumber: date)
    var lists = AnswerLists()
    let listCount = try cursor.count(of: bytes, upTo: Int(Page.noAnswer))
    for number in 0..<listCount {
      guard lists.number(of: try cursor.uint64(of: bytes)) == UInt16(number) else {
        throw .damaged("a list of types is there twice")
      }
    }
    let answerCount = try cursor.count(of: bytes, upTo: Int(UInt16.max))
    for _ in 0..<answerCount {
      let answer = try cursor.uint32(of: bytes)
      let next = lists.packed.count
      guard answer & 0xffff < listCount, lists.code(of: answer) == UInt16(clamping: next) else {
        throw .damaged("an answer names no list, or is there twice")
      }
    }
    answers = lists
    guard cursor.isAtEnd, denseLimit > 0, denseLimit % PageTable.pagesPerGroup == 0 else {
      throw .damaged("the header does not fit together")
    }
    guard eventCounts.reduce(0, &+) == size else {
      throw .damaged("the events are not all of a kind")
    }
    parts = Array(repeating: nil, count: partCount)
  }

  private static func codes(
    _ cursor: inout SnapshotCursor,
    _ bytes: Span<UInt8>
  ) throws(SnapshotError) -> CodeTable {
    var codes = CodeTable()
    let count = try cursor.count(of: bytes, upTo: bytes.count)
    for number in 0..<count {
      guard codes.intern(try cursor.text(of: bytes)) == UInt32(number) else {
        throw .damaged("a code is there twice")
      }
    }
    return codes
  }

  /// Reads a part; several threads may do so at the same time.
  ///
  /// - Complexity: O(bytes): each word is copied once and looked at once.
  package func read(_ bytes: Span<UInt8>) throws(SnapshotError) -> Part {
    var cursor = try SnapshotCursor(bytes, format: SnapshotWriter.partFormat)
    var part = Part(index: Int(try cursor.uint32(of: bytes)))
    guard part.index < partCount, try cursor.uint64(of: bytes) == UInt64(size) else {
      throw .damaged("a part belongs to another snapshot")
    }
    let check = PageCheck(
      codeCount: codes.count,
      listCount: answers.lists.count,
      answerCount: answers.packed.count
    )
    let pageCount = try cursor.count(of: bytes, upTo: bytes.count / 16)
    var heads: [(number: Int, wordCount: Int, largeCount: Int)] = []
    heads.reserveCapacity(pageCount)
    for _ in 0..<pageCount {
      let number = try cursor.count(of: bytes, upTo: Page.number(of: .max))
      let wordCount = Int(try cursor.uint32(of: bytes))
      heads.append((number, wordCount, Int(try cursor.uint32(of: bytes))))
    }
    part.pages.reserveCapacity(pageCount)
    var moved: [Int64] = []
    for (number, wordCount, largeCount) in heads {
      let words = try cursor.words(of: bytes, count: wordCount)
      let before = moved.count
      try check.check(words.span, number, &part, &moved)
      guard moved.count - before == largeCount else {
        throw .damaged("a state that has outgrown its page is missing")
      }
      var page = Page()
      page.words = words
      var answers: [UInt16] = []
      if page.isApart {
        answers = try cursor.halves(of: bytes, count: Page.idsPerPage)
        try check.check(answers.span, of: words.span)
      }
      part.pages.append((number, page, answers))
    }
    for id in moved {
      let count = try cursor.count(of: bytes, upTo: bytes.count / 4)
      let words = try cursor.words(of: bytes, count: count)
      guard !words.isEmpty else { throw .damaged("a large state is empty") }
      part.eventCount += try check.eventCount(ofRun: words.span)
      part.large[id] = words
    }
    guard cursor.isAtEnd else { throw .damaged("a part does not end where it should") }
    return part
  }

  /// Adds a part that was read.
  package mutating func add(_ part: consuming Part) throws(SnapshotError) {
    guard part.index < partCount, parts[part.index] == nil else {
      throw .damaged("a part is there twice")
    }
    parts[part.index] = part
  }

  /// Reads and adds a part.
  package mutating func add(_ bytes: Span<UInt8>) throws(SnapshotError) {
    try add(read(bytes))
  }

  /// The projection, which goes on at ``size``.
  ///
  /// It serves no rules. ``Projection/serve(_:on:)`` finds the answers that came with the snapshot
  /// again where they are of the same rules and no later date.
  ///
  /// - Throws: When a part is missing, or parts do not fit together.
  /// - Complexity: O(pages).
  package consuming func finish() throws(SnapshotError) -> Projection {
    var projection = Projection()
    var namespaces = 0
    var events = ledgerVersion
    var sparse: [(number: Int, page: Page)] = []
    let limit = denseLimit
    projection.directory.dense.extend(to: denseLimit)
    for index in parts.indices {
      guard let part = parts[index] else { throw .damaged("a part is missing") }
      parts[index] = nil
      namespaces &+= part.namespaceCount
      events &+= part.eventCount
      for (number, page, answers) in part.pages {
        if number >= limit, answers.isEmpty {
          sparse.append((number, page))
        } else if number < limit {
          try projection.directory.insert(page, number, answers)
        } else {
          throw .damaged("the answers of a page stand apart that is not dense")
        }
      }
      projection.directory.large.merge(part.large) { _, new in new }
    }
    sparse.sort { $0.number < $1.number }
    projection.directory.reorganize(adding: sparse.map(\.number))
    for (number, page) in sparse { try projection.directory.insert(page, number) }
    guard projection.directory.dense.hasAnswersInPlace else {
      throw .damaged("the answers of neighbours stand apart and in pages")
    }
    guard namespaces == namespaceCount, events == size else {
      throw .damaged("namespaces or events are missing")
    }
    projection.size = size
    projection.namespaceCount = namespaceCount
    projection.ledgerVersion = ledgerVersion
    projection.eventCounts = eventCounts
    projection.pending.restart(at: size, codes: codes)
    projection.answers = answers
    projection.answersOn = answersOn
    projection.answersFor = answersFor
    return projection
  }
}

extension PageDirectory {
  /// Puts in a page that is not there yet, with its answers if they stand apart.
  fileprivate mutating func insert(
    _ page: Page,
    _ number: Int,
    _ answers: [UInt16] = []
  ) throws(SnapshotError) {
    var isThere = false
    update(number) { place, apart, isHashed in
      isThere = !place.isEmpty
      place = page
      if isHashed { place.addNumber(number) }
      guard !answers.isEmpty else { return }
      if apart.isEmpty {
        apart = Array(repeating: AnswerLists.stranger, count: Fact.idsPerBucket)
      }
      let start = (number & (PageTable.pagesPerChunk - 1)) * Page.idsPerPage
      apart.replaceSubrange(start..<start + Page.idsPerPage, with: answers)
    }
    if isThere { throw .damaged("a page is there twice") }
  }
}

extension PageTable {
  /// Whether all pages of a chunk have their answers in the same place.
  fileprivate var hasAnswersInPlace: Bool {
    groups.allSatisfy { group in
      group.allSatisfy { chunk in
        chunk.pages.allSatisfy { $0.isEmpty || $0.isApart == chunk.isApart }
      }
    }
  }
}
