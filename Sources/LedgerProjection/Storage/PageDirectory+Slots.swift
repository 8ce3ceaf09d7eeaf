extension PageDirectory {
  /// What bits 32 and up of a slot that was read say about bits 0–31.
  enum Slot {
    /// The namespace has no events.
    static let stranger: UInt64 = 0
    /// They are an answer that holds.
    static let kept: UInt64 = 1
    /// The state must be looked at.
    static let unknown: UInt64 = 2
  }

  /// Reads the answers kept for up to 64 ids, where they hold on the date.
  ///
  /// The reads of one id do not wait for those of another, and no reference is counted: readers on
  /// several cores would otherwise wait for each other at the counts of the pages they share. Where
  /// the state must be looked at, its first word is read, so that it is on its way.
  ///
  /// - Precondition: there are at most 64 ids.
  @inline(never)
  func readSlots(
    _ ids: Span<Int64>,
    on date: UInt16,
    isServed: Bool,
    into slots: inout InlineArray<64, UInt64>
  ) {
    let limit = dense.limit
    let groups = dense.groups.span
    let servedMask: UInt64 = isServed ? .max : 0
    for index in ids.indices {
      let id = ids[index]
      let number = Int(id >> 6)
      guard number < limit, number >= 0 else {
        slots[index] = Slot.unknown << 32
        continue
      }
      let group = groups[number >> PageTable.groupShift].span
      let chunk = group[
        (number >> PageTable.chunkShift) & (PageTable.chunksPerGroup - 1)
      ].span
      guard chunk.count == PageTable.pagesPerChunk else { continue }
      let words = chunk[number & (PageTable.pagesPerChunk - 1)].words.span
      guard words.count > Page.headerWordCount else { continue }
      let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: id & 63)
      let present = words[0]
      guard present & bit != 0 else { continue }
      let slot = words[Page.headerWordCount &+ Page.rank(bit, present)]
      let until = (slot &>> 16) & 0xffff
      let holds = words[2] <= UInt64(date) && (until == 0 || UInt64(date) < until)
      if words[1] & bit & servedMask != 0, holds {
        slots[index] = slot & 0xffff_ffff | Slot.kept << 32
      } else {
        // The word is read for its line's sake, and zero is kept of it.
        let run = words[Page.runsIndex(words) &+ Int((slot &>> 32) & 0xffff)]
        slots[index] = Slot.unknown << 32 | run & 1 & ~run
      }
    }
  }
}
