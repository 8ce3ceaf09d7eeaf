// May say `unsafe`. What it exports is safe to call with any arguments.

#if canImport(CLedgerHash)
import CLedgerHash
#endif

/// Asks for the memory at an address to be read soon.
///
/// Built without the C helper, nothing is asked for: slower, with the same answers.
@inline(__always)
private func askAhead(_ address: UnsafeRawPointer) {
  #if canImport(CLedgerHash)
  // Sound: a prefetch reads nothing and never faults.
  unsafe ledger_prefetch(address)
  #endif
}

extension PageDirectory {
  /// What bits 32 and up of what was read for an id say about bits 0–31.
  enum Kept {
    /// The namespace has no events.
    static let stranger: UInt64 = 0
    /// They are an answer that holds.
    static let holds: UInt64 = 1
    /// The state must be looked at.
    static let unknown: UInt64 = 2
    /// They are nothing yet.
    static let unread: UInt64 = 3
  }

  /// Reads the answers kept for up to 256 ids, where they hold on the date.
  ///
  /// In rounds, so that one read from memory does not wait for another: each asks for what the next
  /// one reads. Where answers stand apart from the pages there are two rounds, elsewhere three more. No
  /// reference is counted: readers on several cores would otherwise wait for each other at the counts
  /// of what they share.
  ///
  /// `packed` are the answers by number; `isKept` says whether they are by the rules asked for, and
  /// hold from the date on.
  ///
  /// - Precondition: there are at most 256 ids.
  @inline(never)
  func readKept(
    _ ids: Span<Int64>,
    on date: UInt16,
    packed: Span<UInt32>,
    isKept: Bool,
    into kept: inout InlineArray<256, UInt64>
  ) {
    precondition(ids.count <= 256, "more ids than places")
    guard readApart(ids, on: date, packed, isKept, &kept) > 0 else { return }
    let none: InlineArray<2, UInt32> = [0, Page.noAnswer]
    // Sound: addresses are those of `none`, which reads as a page without namespaces, and of pages
    // that `self` holds as long as this runs; a page whose answers do not stand apart has one for each
    // namespace.
    unsafe withUnsafePointer(to: none) { none in
      let none = unsafe UnsafeRawPointer(none).assumingMemoryBound(to: UInt32.self)
      var places = unsafe InlineArray<256, UnsafePointer<UInt32>>(repeating: none)
      unsafe locatePages(ids, &places, &kept)
      for index in ids.indices where kept[index] == Kept.unread {
        let page = unsafe places[index]
        unsafe places[index] = none + 1
        guard let rank = unsafe Self.answerIndex(page, slot: Page.slot(of: ids[index])) else {
          kept[index] = Kept.stranger
          continue
        }
        unsafe places[index] = page + rank
        unsafe askAhead(page + rank)
      }
      for index in ids.indices where kept[index] == Kept.unread {
        let answer = unsafe places[index].pointee
        kept[index] = Self.kept(answer, on: date, isKept ? Kept.holds : Kept.unknown)
      }
    }
  }

  /// What is to be said of an answer; `served` of one that holds.
  @inline(__always)
  private static func kept(_ answer: UInt32, on date: UInt16, _ served: UInt64) -> UInt64 {
    // No end is later than any.
    let holds = answer &>> 16 &- 1 >= UInt32(date) && answer & 0xffff != Page.noAnswer
    return (holds ? served : Kept.unknown) &<< 32 | UInt64(answer)
  }

  /// Reads the answers that stand apart, and tells how many of the ids are left; these are unread, or
  /// must be looked at because their pages are found by hashing.
  @inline(__always)
  private func readApart(
    _ ids: Span<Int64>,
    on date: UInt16,
    _ packed: Span<UInt32>,
    _ isKept: Bool,
    _ kept: inout InlineArray<256, UInt64>
  ) -> Int {
    let limit = dense.limit &<< Page.idBitCount
    let groups = dense.groups.span
    let mask = Int64(Fact.idsPerBucket - 1)
    var none = AnswerLists.unknown
    var restCount = 0
    // Sound: addresses are those of `none` and of answers that `self` holds as long as this runs; a
    // chunk has an answer for each of its ids. Found through spans, as those count no references.
    unsafe withUnsafePointer(to: &none) { none in
      var places = unsafe InlineArray<256, UnsafePointer<UInt16>>(repeating: none)
      for index in ids.indices {
        let id = ids[index]
        kept[index] = Kept.unknown
        guard id < limit, id >= 0 else { continue }
        let chunk = Int(truncatingIfNeeded: id) &>> Int(Fact.idBitCount)
        let group = groups[chunk &>> (PageTable.groupShift - PageTable.chunkShift)].span
        let answers = group[chunk & (PageTable.chunksPerGroup - 1)].answers.span
        guard answers.count > 0 else {
          kept[index] = Kept.unread
          restCount &+= 1
          continue
        }
        let place = Int(truncatingIfNeeded: id & mask)
        unsafe answers.withUnsafeBufferPointer { answers in
          guard let base = answers.baseAddress else { return }
          unsafe places[index] = base + place
          unsafe askAhead(base + place)
        }
      }
      let served = isKept ? Kept.holds : Kept.unknown
      for index in ids.indices where kept[index] == Kept.unknown {
        let code = unsafe places[index].pointee
        let answer = Int(code) < packed.count ? packed[Int(code)] : Page.noAnswer
        kept[index] =
          code == AnswerLists.stranger
          ? Kept.stranger : Self.kept(answer, on: date, served)
      }
    }
    return restCount
  }

  /// Finds the words of the pages of ids that are unread.
  @inline(__always)
  private func locatePages(
    _ ids: Span<Int64>,
    _ words: inout InlineArray<256, UnsafePointer<UInt32>>,
    _ kept: inout InlineArray<256, UInt64>
  ) {
    let groups = dense.groups.span
    // Sound: the words of a page stay where they are as long as `self` holds it; there is at least
    // one. Read through spans, as those count no references.
    for index in ids.indices where kept[index] == Kept.unread {
      let number = Page.number(of: ids[index])
      let group = groups[number >> PageTable.groupShift].span
      let chunk = group[(number >> PageTable.chunkShift) & (PageTable.chunksPerGroup - 1)]
        .pages.span
      let page = chunk[number & (PageTable.pagesPerChunk - 1)].words.span
      unsafe page.withUnsafeBufferPointer { page in
        guard let base = page.baseAddress else { return }
        unsafe words[index] = base
        // The first word, and what is said about the id's block where no block is empty.
        unsafe askAhead(base)
        let block = Page.slot(of: ids[index]) >> 6
        unsafe askAhead(base + PageShape.masks + PageShape.wordsPerBlock * block)
      }
    }
  }

  /// The index in the page's words of the answer for a slot; `nil` when there is no namespace.
  @inline(__always)
  private static func answerIndex(_ page: UnsafePointer<UInt32>, slot: Int) -> Int? {
    // Sound: the caller's page has the header that its first word tells.
    let shape = unsafe PageShape(page.pointee)
    let headerCount = shape.answers
    let header = unsafe UnsafeBufferPointer(start: page, count: headerCount)
    return unsafe shape.rank(header.span, slot: slot).map { headerCount &+ $0 }
  }
}
