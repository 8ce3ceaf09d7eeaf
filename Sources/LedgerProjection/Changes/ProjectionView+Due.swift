package import LedgerCore

/// Namespaces by ascending id, as many as one look through the pages hands over.
package struct NamespaceBlock: Sendable {
  /// The ids, ascending.
  package fileprivate(set) var ids: [Int64] = []
  /// The date they are due on; of no meaning where all namespaces were asked for.
  package fileprivate(set) var date: CalendarDate
  /// Whether there are more, after the last of ``ids``.
  package fileprivate(set) var hasMore = false

  fileprivate init(ids: [Int64] = [], date: CalendarDate, hasMore: Bool = false) {
    self.ids = ids
    self.date = date
    self.hasMore = hasMore
  }

  /// No namespaces.
  package init(date: CalendarDate) {
    self.date = date
  }
}

extension ProjectionView {
  /// The date on which answers were worked out; those kept say nothing of earlier ones.
  package var answersDate: CalendarDate { answersOn }

  /// The namespaces with events after an id, at most so many.
  ///
  /// - Complexity: O(pages) and O(namespaces handed over).
  package func namespaces(after id: Int64, atMost countMax: Int) -> NamespaceBlock {
    var block = NamespaceBlock(date: answersOn)
    directory.forEachPage(after: id) { number, page in
      guard !block.hasMore else { return }
      directory.forEachState(on: page, number) { found, _, _ in
        guard found > id else { return }
        if block.ids.count == countMax {
          block.hasMore = true
        } else {
          block.ids.append(found)
        }
      }
    }
    return block
  }

  /// The first date after `date`, and up to `last`, on which answers run out, and the namespaces
  /// whose do: those after an id, at most so many; `nil` when no answer runs out by then.
  ///
  /// - Precondition: the rules served are worked out on `date`, so that no answer has run out.
  /// - Complexity: O(namespaces), about a nanosecond each.
  package func nextEnds(
    after date: CalendarDate,
    to last: CalendarDate,
    afterID id: Int64 = 0,
    atMost countMax: Int
  ) -> NamespaceBlock? {
    precondition(answersOn <= date, "answers of a later date say nothing of earlier ones")
    guard let rules, date < last else { return nil }
    // Rules that are too large for a program have no answers kept.
    let isKept = rules.knowing(codes).program != nil
    var search = DueSearch(to: last, atMost: countMax)
    var packed = PackedAnswers()
    directory.forEachPage(after: id) { number, page in
      directory.forEachAnswer(on: page, number, answers) { found, kept in
        guard found > id else { return }
        var until = kept >> 16
        if !isKept || kept & 0xffff == Page.noAnswer {
          let one = [found]
          answers(for: one.span, on: date, rules: rules, into: &packed)
          until = UInt32(packed.validUntil[0])
        }
        if until != 0, until <= search.day { search.add(found, on: until) }
      }
    }
    return search.block
  }

  /// The first date after `date`, and up to `last`, on which a trial or a plan period of some
  /// namespace begins or ends, and the namespaces of which one does: those after an id, at most so
  /// many; `nil` when there is none by then.
  ///
  /// - Complexity: O(entries).
  package func nextBoundaries(
    after date: CalendarDate,
    to last: CalendarDate,
    afterID id: Int64 = 0,
    atMost countMax: Int
  ) -> NamespaceBlock? {
    guard date < last else { return nil }
    let after = UInt32(date.dayNumber)
    var search = DueSearch(to: last, atMost: countMax)
    directory.forEachPage(after: id) { number, page in
      directory.forEachState(on: page, number) { found, run, _ in
        guard found > id else { return }
        var first = UInt32.max
        var reader = EntryReader()
        while let entry = reader.entry(run) {
          // The end of an extension's record is the record's.
          guard entry.kind != Entry.Kind.extension else { continue }
          if entry.first > after { first = min(first, entry.first) }
          if entry.second > after { first = min(first, entry.second) }
        }
        if first <= search.day { search.add(found, on: first) }
      }
    }
    return search.block
  }
}

/// The earliest date seen so far, and who is due on it.
private struct DueSearch {
  /// The latest day of interest: that of the ids, once there are any.
  private(set) var day: UInt32
  private let countMax: Int
  private var ids: [Int64] = []
  private var hasMore = false

  init(to last: CalendarDate, atMost countMax: Int) {
    day = UInt32(last.dayNumber)
    self.countMax = countMax
  }

  /// Notes an id that is due on a day no later than ``day``.
  mutating func add(_ id: Int64, on day: UInt32) {
    if day < self.day {
      self.day = day
      ids.removeAll(keepingCapacity: true)
      hasMore = false
    }
    if ids.count == countMax { hasMore = true } else { ids.append(id) }
  }

  var block: NamespaceBlock? {
    guard !ids.isEmpty else { return nil }
    return NamespaceBlock(
      ids: ids,
      date: CalendarDate(dayNumber: UInt16(day)),
      hasMore: hasMore
    )
  }
}

extension PageDirectory {
  /// Calls `body` with every page that may hold an id after `id`, ascending.
  fileprivate func forEachPage(after id: Int64, _ body: (Int, Page) -> Void) {
    let first = Page.number(of: id)
    forEachPage { number, page in
      if number >= first { body(number, page) }
    }
  }
}
