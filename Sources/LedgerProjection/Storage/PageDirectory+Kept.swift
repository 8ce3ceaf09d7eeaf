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
  }

  /// Reads the answers kept for up to 256 ids, where they hold on the date.
  ///
  /// In three rounds, so that one read from memory does not wait for another: where the pages are;
  /// where the answers are in them; the answers. Each round asks for what the next one reads. No
  /// reference is counted: readers on several cores would otherwise wait for each other at the counts
  /// of the pages they share.
  ///
  /// - Precondition: there are at most 256 ids.
  @inline(never)
  func readKept(
    _ ids: Span<Int64>,
    on date: UInt16,
    isKept: Bool,
    into kept: inout InlineArray<256, UInt64>
  ) {
    precondition(ids.count <= 256, "more ids than places")
    let none: InlineArray<2, UInt32> = [0, Page.noAnswer]
    // Sound: addresses are those of `none`, which reads as a page without namespaces, and of pages
    // that `self` holds as long as this runs; a page has an answer for each namespace.
    unsafe withUnsafePointer(to: none) { none in
      let none = unsafe UnsafeRawPointer(none).assumingMemoryBound(to: UInt32.self)
      var places = unsafe InlineArray<256, UnsafePointer<UInt32>>(repeating: none)
      unsafe locatePages(ids, &places, &kept)
      for index in ids.indices {
        let page = unsafe places[index]
        unsafe places[index] = none + 1
        guard let rank = unsafe Self.answerIndex(page, slot: Page.slot(of: ids[index])) else {
          continue
        }
        kept[index] = Kept.unknown
        unsafe places[index] = page + rank
        unsafe askAhead(page + rank)
      }
      let served: UInt64 = isKept ? 1 : 0
      for index in ids.indices {
        let answer = unsafe places[index].pointee
        // No end is later than any.
        let holds: UInt64 = answer &>> 16 &- 1 >= UInt32(date) ? served : 0
        let isKnown: UInt64 = answer & 0xffff != Page.noAnswer ? holds : 0
        let state = kept[index]
        kept[index] = (state ^ (state &>> 1 & isKnown) &* 3) &<< 32 | UInt64(answer)
      }
    }
  }

  /// Finds the words of the pages that are found without hashing; an id of another must be looked at.
  @inline(__always)
  private func locatePages(
    _ ids: Span<Int64>,
    _ words: inout InlineArray<256, UnsafePointer<UInt32>>,
    _ kept: inout InlineArray<256, UInt64>
  ) {
    let limit = dense.limit
    let groups = dense.groups.span
    // Sound: the words of a page stay where they are as long as `self` holds it; there is at least
    // one. Read through spans, as those count no references.
    for index in ids.indices {
      let number = Page.number(of: ids[index])
      kept[index] = Kept.unknown
      guard number < limit, number >= 0 else { continue }
      kept[index] = Kept.stranger
      let group = groups[number >> PageTable.groupShift].span
      let chunk = group[(number >> PageTable.chunkShift) & (PageTable.chunksPerGroup - 1)].span
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
