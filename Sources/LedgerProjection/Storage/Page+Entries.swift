/// Where reading a namespace's entries has come to.
///
/// Passed the page's words on every step, so that it holds no reference.
struct EntryReader {
  /// The byte of the words at which the next entry begins.
  private(set) var next: Int
  private let end: Int

  /// Before the first entry of the id at that rank.
  @inline(__always)
  init(_ words: Span<UInt64>, rank: Int) {
    let entries = Page.entries(words, Page.run(words, rank))
    next = entries.lowerBound
    end = entries.upperBound
  }

  /// The eight bytes that begin with the next tag, or 0 after the last entry.
  ///
  /// The caller says with ``advance(_:)`` how long the entry is.
  @inline(__always)
  func window(_ words: Span<UInt64>) -> UInt64 {
    next < end ? LedgerProjection.window(words, at: next) : 0
  }

  @inline(__always)
  mutating func advance(_ byteCount: Int) {
    next &+= byteCount
  }

  /// The next entry of the usual form, or `nil` after the last; the two others are passed over.
  @inline(__always)
  mutating func entry(_ words: Span<UInt64>) -> Entry? {
    while true {
      let window = window(words)
      guard window != 0 else { return nil }
      let tag = UInt8(truncatingIfNeeded: window)
      if tag >= Entry.parentTag {
        next &+= tag == Entry.parentTag ? Entry.parentByteCount : Entry.versionByteCount
        continue
      }
      let entry = Entry(window)
      next &+= entry.byteCount
      return entry
    }
  }
}

extension Page {
  /// Whether the state at that rank has moved out; what is here is not it.
  @inline(__always)
  static func isMovedOut(_ words: Span<UInt64>, _ rank: Int) -> Bool {
    words[run(words, rank).lowerBound] & movedOutBit != 0
  }

  /// Whether the namespace at that rank is a subgroup.
  @inline(__always)
  static func isSubgroup(_ words: Span<UInt64>, _ rank: Int) -> Bool {
    words[run(words, rank).lowerBound] & subgroupBit != 0
  }

  /// The version of the namespace at that rank.
  func version(_ rank: Int) -> Int {
    let low = Int(words[Self.headerWordCount + rank] >> 48)
    guard let byte = find(Entry.versionTag, rank) else { return low }
    return low + Int(window(words.span, at: byte + 1) & 0xffff_ffff_ffff) << 16
  }

  /// The parent's id of the namespace at that rank; 0 when it is at top level.
  func parent(_ rank: Int) -> Int64 {
    guard Self.isSubgroup(words.span, rank), let byte = find(Entry.parentTag, rank) else {
      return 0
    }
    return Int64(truncatingIfNeeded: window(words.span, at: byte + 1))
  }

  /// The byte of the only entry with that tag, one of the two that are not of the usual form.
  private func find(_ tag: UInt8, _ rank: Int) -> Int? {
    let words = words.span
    var reader = EntryReader(words, rank: rank)
    while true {
      let window = reader.window(words)
      let found = UInt8(truncatingIfNeeded: window)
      if found == 0 { return nil }
      if found == tag { return reader.next }
      switch found {
      case Entry.parentTag: reader.advance(Entry.parentByteCount)
      case Entry.versionTag: reader.advance(Entry.versionByteCount)
      default: reader.advance(Entry(window).byteCount)
      }
    }
  }

  /// Adds an entry of 1 to 9 bytes after the others: those of `low`, then `high`.
  @inline(__always)
  mutating func append(_ low: UInt64, _ high: UInt8 = 0, count: Int, _ rank: Int) {
    var run = Self.run(words.span, rank)
    if Int(words[run.lowerBound] & Self.slackMask) < count {
      while Int(words[run.lowerBound] & Self.slackMask) < count {
        growRun(rank)
      }
      run = Self.run(words.span, rank)
    }
    let byte = Self.entries(words.span, run).upperBound
    words[run.lowerBound] &-= UInt64(truncatingIfNeeded: count)
    store(low, count: min(count, 8), at: byte, in: &words)
    if count > 8 { store(UInt64(high), count: 1, at: byte &+ 8, in: &words) }
  }

  /// Moves the end of the newest record of a type, if there is one; `cause` is 0 for none,
  /// 1 converted, 2 cancelled, which is added to the record's kind.
  mutating func moveEnd(of code: UInt16, to end: UInt16, cause: UInt8, _ rank: Int) {
    var found = -1
    var newest = Entry(kind: 0, code: 0, first: 0)
    do {
      let words = words.span
      var reader = EntryReader(words, rank: rank)
      while let entry = reader.entry(words) {
        guard entry.isRecord, entry.code == code else { continue }
        newest = entry
        found = reader.next &- entry.byteCount
      }
    }
    guard found >= 0 else { return }
    let origin = newest.kind >= Entry.Kind.reactivated ? Entry.Kind.reactivated : Entry.Kind.started
    newest.kind = origin &+ cause
    newest.second = end
    store(newest.bytes, count: newest.byteCount, at: found, in: &words)
  }

  /// Counts one event of the namespace at that rank.
  @inline(__always)
  mutating func countEvent(_ rank: Int) {
    let slot = Self.headerWordCount &+ rank
    let counted = words[slot] &+ (1 &<< 48)
    words[slot] = counted
    if counted &>> 48 == 0 { carryVersion(rank) }
  }

  @inline(never)
  private mutating func carryVersion(_ rank: Int) {
    if let byte = find(Entry.versionTag, rank) {
      let high = window(words.span, at: byte + 1) & 0xffff_ffff_ffff
      store(high + 1, count: 6, at: byte + 1, in: &words)
    } else {
      append(UInt64(Entry.versionTag) | 1 << 8, count: Entry.versionByteCount, rank)
    }
  }

  /// Sets the parent of the namespace at that rank; 0 for none.
  mutating func setParent(_ parent: Int64, _ rank: Int) {
    let bits = UInt64(bitPattern: parent)
    if let byte = find(Entry.parentTag, rank) {
      store(bits, count: 8, at: byte + 1, in: &words)
    } else if parent != 0 {
      append(
        UInt64(Entry.parentTag) | bits << 8,
        UInt8(bits >> 56),
        count: Entry.parentByteCount,
        rank
      )
    }
    let run = Self.run(words.span, rank)
    words[run.lowerBound] =
      words[run.lowerBound] & ~Self.subgroupBit | (parent == 0 ? 0 : Self.subgroupBit)
  }
}
