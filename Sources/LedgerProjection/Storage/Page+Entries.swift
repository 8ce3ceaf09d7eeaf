/// Where reading a namespace's entries has come to.
///
/// Made per namespace and passed the page's words on every step, so that it holds no reference.
struct EntryReader {
  /// The byte after ``Page/words``' start at which the next entry begins.
  private(set) var next: Int
  private var end: Int
  private var cell: Int
  private let spill: Int

  /// Before the first entry of the cell at that index of `words`.
  @inline(__always)
  init(_ words: Span<UInt64>, cell: Int) {
    self.cell = cell
    spill = Page.spillIndex(present: words[0])
    next = cell &<< 3 &+ Page.entriesOffset
    end = next &+ Int((words[cell] & Page.usedMask) &>> 16)
  }

  /// The eight bytes that begin with the next tag, or 0 after the last entry.
  ///
  /// The caller says with ``advance(_:)`` how long the entry is.
  @inline(__always)
  mutating func window(_ words: Span<UInt64>) -> UInt64 {
    while next == end {
      guard words[cell] & Page.linkedBit != 0 else { return 0 }
      follow(words)
    }
    return LedgerProjection.window(words, at: next)
  }

  @inline(__always)
  mutating func advance(_ byteCount: Int) {
    next &+= byteCount
  }

  @inline(never)
  private mutating func follow(_ words: Span<UInt64>) {
    let link = Int(words[cell &+ 3] &>> 32)
    cell = spill &+ link &* Page.cellWordCount
    next = cell &<< 3 &+ Page.entriesOffset
    end = next &+ Int((words[cell] & Page.usedMask) &>> 16)
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
  /// Whether the namespace at that cell is a subgroup.
  func isSubgroup(_ cell: Int) -> Bool {
    words[cell] & Self.subgroupBit != 0
  }

  /// The version of the namespace at that cell.
  func version(_ cell: Int) -> Int {
    let low = Int(words[cell] & 0xffff)
    guard let byte = find(Entry.versionTag, from: cell) else { return low }
    return low + Int(window(words.span, at: byte + 1) & 0xffff_ffff_ffff) << 16
  }

  /// The parent's id of the namespace at that cell; 0 when it is at top level.
  func parent(_ cell: Int) -> Int64 {
    guard isSubgroup(cell), let byte = find(Entry.parentTag, from: cell) else { return 0 }
    return Int64(truncatingIfNeeded: window(words.span, at: byte + 1))
  }

  /// The byte of the only entry with that tag, one of the two that are not of the usual form.
  private func find(_ tag: UInt8, from cell: Int) -> Int? {
    let words = words.span
    var reader = EntryReader(words, cell: cell)
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

  /// Adds an entry of 1 to 9 bytes at the end of the namespace's: `low`, then one byte `high`.
  @inline(__always)
  mutating func append(_ low: UInt64, _ high: UInt8 = 0, count: Int, to cell: Int) {
    let header = words[cell]
    let used = Int((header & Self.usedMask) &>> 16)
    if header & Self.linkedBit == 0, Self.entriesOffset &+ used &+ count <= Self.cellByteCount {
      write(low, high, count: count, used: used, in: cell)
    } else {
      appendToSpill(low, high, count: count, from: cell)
    }
  }

  @inline(__always)
  private mutating func write(
    _ low: UInt64,
    _ high: UInt8,
    count: Int,
    used: Int,
    in cell: Int
  ) {
    let byte = cell &<< 3 &+ Self.entriesOffset &+ used
    store(low, count: min(count, 8), at: byte, in: &words)
    if count > 8 { store(UInt64(high), count: 1, at: byte &+ 8, in: &words) }
    words[cell] = words[cell] & ~Self.usedMask | UInt64(used &+ count) &<< 16
  }

  /// Goes to the chain's last cell; when that is full, moves what stands where its link will be to
  /// a new one, so that no entry is split and the order stays.
  @inline(never)
  private mutating func appendToSpill(_ low: UInt64, _ high: UInt8, count: Int, from cell: Int) {
    let spill = Self.spillIndex(present: words[0])
    var last = cell
    while words[last] & Self.linkedBit != 0 {
      last = spill + Int(words[last + 3] >> 32) * Self.cellWordCount
    }
    let used = Int((words[last] & Self.usedMask) >> 16)
    if Self.entriesOffset + used + count <= Self.cellByteCount {
      write(low, high, count: count, used: used, in: last)
      return
    }
    let index = addSpillCell()
    let new = spill + index * Self.cellWordCount
    var kept = 0
    var moved = 0
    while kept + moved < used {
      let byte = last << 3 + Self.entriesOffset + kept + moved
      let size = entryByteCount(at: byte)
      if moved == 0, Self.entriesOffset + kept + size <= Self.linkOffset {
        kept += size
        continue
      }
      let bytes = window(words.span, at: byte)
      let ninth = size > 8 ? UInt8(truncatingIfNeeded: window(words.span, at: byte + 8)) : 0
      write(bytes, ninth, count: size, used: moved, in: new)
      moved += size
    }
    // What was moved must not stay behind: equal states have equal bytes.
    for byte in (Self.entriesOffset + kept)..<Self.cellByteCount {
      store(0, count: 1, at: last << 3 + byte, in: &words)
    }
    words[last] = words[last] & ~Self.usedMask | UInt64(kept) << 16 | Self.linkedBit
    store(UInt64(index), count: 4, at: last << 3 + Self.linkOffset, in: &words)
    write(low, high, count: count, used: moved, in: new)
  }

  private func entryByteCount(at byte: Int) -> Int {
    let window = window(words.span, at: byte)
    return switch UInt8(truncatingIfNeeded: window) {
    case Entry.parentTag: Entry.parentByteCount
    case Entry.versionTag: Entry.versionByteCount
    default: Entry(window).byteCount
    }
  }

  /// Moves the end of the newest record of a type, if there is one; `cause` is 0 for none,
  /// 1 converted, 2 cancelled, which is added to the record's kind.
  mutating func moveEnd(of code: UInt16, to end: UInt16, cause: UInt8, in cell: Int) {
    var found = -1
    var newest = Entry(kind: 0, code: 0, first: 0)
    do {
      let words = words.span
      var reader = EntryReader(words, cell: cell)
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

  /// Counts one event of the namespace at that cell, whose answer is then out of date.
  @inline(__always)
  mutating func countEvent(_ cell: Int, _ bit: UInt64) {
    words[1] &= ~bit
    let header = words[cell]
    guard header & 0xffff != 0xffff else {
      carryVersion(cell)
      return
    }
    words[cell] = header &+ 1
  }

  @inline(never)
  private mutating func carryVersion(_ cell: Int) {
    words[cell] &= ~0xffff
    if let byte = find(Entry.versionTag, from: cell) {
      let high = window(words.span, at: byte + 1) & 0xffff_ffff_ffff
      store(high + 1, count: 6, at: byte + 1, in: &words)
    } else {
      append(
        UInt64(Entry.versionTag) | 1 << 8,
        count: Entry.versionByteCount,
        to: cell
      )
    }
  }

  /// Sets the parent of the namespace at that cell; 0 for none.
  mutating func setParent(_ parent: Int64, _ cell: Int) {
    let bits = UInt64(bitPattern: parent)
    if let byte = find(Entry.parentTag, from: cell) {
      store(bits, count: 8, at: byte + 1, in: &words)
    } else if parent != 0 {
      append(
        UInt64(Entry.parentTag) | bits << 8,
        UInt8(bits >> 56),
        count: Entry.parentByteCount,
        to: cell
      )
    }
    if parent == 0 {
      words[cell] &= ~Self.subgroupBit
    } else {
      words[cell] |= Self.subgroupBit
    }
  }
}
