import LedgerCore

/// A view as bytes: a header, and parts of some mebibytes that can be made and read independently,
/// by several threads at once, in any order.
///
/// Header: format, ``ProjectionView/size``, namespaces, events of the ledger itself, events by kind
/// (256), dense pages at most, parts; codes; rules served, the date, the lists and the numbered answers
/// by them; CRC-32C. Part: format, its number, size, pages; number, words and large states of each
/// page; the words of each page, and its answers where they stand apart; the large states; CRC-32C. Pages are as in memory (``Page``), but for the
/// number in pages that are found by hashing. A snapshot is as good as the log up to its size, and
/// can be discarded any time.
///
/// Sketch: as large as the states in memory, 44 bytes a namespace with answers.
package struct ProjectionSnapshot: Sendable {
  /// So many bytes a part has at least, but the last.
  private static let partByteCount = 4 << 20

  /// The position that the log goes on at: ``ProjectionView/size``.
  package var size: Int { view.size }

  private let view: ProjectionView
  private let pages: [(number: Int, page: Page)]
  private let parts: [Range<Int>]

  /// The bytes of `view` to be.
  ///
  /// - Complexity: O(pages), 171 of 10 million namespaces each; no states are copied.
  package init(_ view: ProjectionView) {
    self.init(view, partByteCount: Self.partByteCount)
  }

  /// The same with parts of at least as many bytes, but the last.
  init(_ view: ProjectionView, partByteCount: Int) {
    var pages: [(number: Int, page: Page)] = []
    var parts: [Range<Int>] = []
    var start = 0
    var byteCount = 0
    pages.reserveCapacity(view.directory.pageCount)
    view.directory.forEachPage { number, page in
      pages.append((number, page))
      byteCount += page.words.count * 4
      if byteCount >= partByteCount {
        parts.append(start..<pages.count)
        start = pages.count
        byteCount = 0
      }
    }
    if start < pages.count { parts.append(start..<pages.count) }
    self.view = view
    self.pages = pages
    self.parts = parts
  }

  /// The number of parts.
  package var partCount: Int { parts.count }

  /// The bytes of the header: some kilobytes.
  package var header: [UInt8] {
    var writer = SnapshotWriter(format: SnapshotWriter.headerFormat, capacity: 4_096)
    writer.append(UInt64(view.size))
    writer.append(UInt64(view.namespaceCount))
    writer.append(UInt64(view.ledgerVersion))
    for count in view.eventCounts { writer.append(UInt64(count)) }
    writer.append(UInt64(view.directory.dense.limit))
    writer.append(UInt64(parts.count))
    writer.append(UInt64(view.codes.count))
    for code in view.codes.codes { writer.append(code) }
    writer.append(view.answersFor?.text ?? "")
    writer.append(UInt32(view.answersOn.dayNumber))
    writer.append(UInt64(view.answers.lists.count))
    for list in view.answers.lists { writer.append(list) }
    let packed = view.answers.packed.dropFirst(AnswerLists().packed.count)
    writer.append(UInt64(packed.count))
    for answer in packed { writer.append(answer) }
    return writer.finish()
  }

  /// The bytes of a part.
  ///
  /// - Precondition: `index` is at least 0 and below ``partCount``.
  package func part(_ index: Int) -> [UInt8] {
    let pages = pages[parts[index]]
    let wordCount = pages.reduce(0) { $0 + $1.page.words.count }
    var writer = SnapshotWriter(
      format: SnapshotWriter.partFormat,
      capacity: 64 + pages.count * (16 + Page.idsPerPage * 2) + wordCount * 4
    )
    writer.append(UInt32(index))
    writer.append(UInt64(view.size))
    writer.append(UInt64(pages.count))
    var large: [[UInt32]] = []
    for (number, page) in pages {
      let before = large.count
      if !view.directory.large.isEmpty { appendLarge(page, number, to: &large) }
      writer.append(UInt64(number))
      writer.append(UInt32(ownWordCount(of: page, number)))
      writer.append(UInt32(large.count - before))
    }
    for (number, page) in pages {
      writer.append(page.words.span.extracting(0..<ownWordCount(of: page, number)))
      if page.isApart { writer.append(view.directory.dense.answers(ofPage: number).span) }
    }
    for words in large {
      writer.append(UInt64(words.count))
      writer.append(words.span)
    }
    return writer.finish()
  }

  /// The number of the page's words without its number.
  private func ownWordCount(of page: Page, _ number: Int) -> Int {
    page.words.count - (number >= view.directory.dense.limit ? Page.numberWordCount : 0)
  }

  /// The states of a page that have outgrown it, in the order of their ids.
  private func appendLarge(_ page: Page, _ number: Int, to large: inout [[UInt32]]) {
    let words = page.words.span
    let shape = PageShape(words[0])
    var start = shape.runs
    for rank in 0..<shape.count {
      let length = shape.place(words, rank).length
      if length == 1, words[start] == Page.movedOut {
        let id = Page.firstID(number) + Int64(shape.slot(words, rank: rank))
        large.append(view.directory.large[id] ?? [])
      }
      start += length
    }
  }
}
