import LedgerCore

/// One event as it waits to be folded, in eight bytes, made so that most of them only have to be
/// copied to where they belong.
///
/// | bits | what |
/// | ---- | ---- |
/// | 0–12 | the id, modulo ``idsPerBucket`` |
/// | 13–15 | what to do: ``Deed`` |
/// | 16–31 | the new `ends_on`, of an extension and an end |
/// | 32–63 | an entry's only word; the code of an end; or which part's what stands aside |
struct Fact {
  /// The bits of an id that tell it from the others of its bucket.
  static let idBitCount: Int64 = 13
  /// The ids that are sorted together: those of a chunk of pages.
  static let idsPerBucket = 1 << 13

  /// What to do with a fact.
  enum Deed {
    /// Append the word.
    static let append: UInt64 = 0
    /// Append the word, and move the end of the newest record of its code.
    static let extend: UInt64 = 1
    /// Count the event.
    static let count: UInt64 = 2
    /// Move the end of the newest record.
    static let convert: UInt64 = 3
    static let cancel: UInt64 = 4
    /// Append the entry that stands aside; of an extension, move the end as well.
    static let aside: UInt64 = 5
    /// Set the parent that stands aside.
    static let moveBelow: UInt64 = 6
    static let moveToTop: UInt64 = 7
  }

  /// A fact whose entry has more than a word.
  struct Aside {
    var entry: Entry
    /// The new `ends_on`, of an extension.
    var end: UInt32
  }

  /// The bits of ``high`` that are an index of what stands aside; above them is the part's number.
  static let asideBitCount: UInt32 = 28
  /// The most batches that are folded together.
  static let partCountMax = 16

  var bits: UInt64

  @inline(__always)
  init(bits: UInt64) { self.bits = bits }

  @inline(__always)
  init(_ id: Int64, _ deed: UInt64, high: UInt32 = 0, end: UInt32 = 0) {
    bits =
      UInt64(truncatingIfNeeded: id) & UInt64(Self.idsPerBucket - 1) | deed &<< 13
      | UInt64(end) &<< 16 | UInt64(high) &<< 32
  }

  /// A fact of which something stands aside.
  ///
  /// - Precondition: a batch has less than 2^28 of them.
  init(_ id: Int64, _ deed: UInt64, _ part: Int, index: Int) {
    precondition(index < 1 << Self.asideBitCount, "too many facts wait")
    self.init(id, deed, high: UInt32(part) << Self.asideBitCount | UInt32(index))
  }

  /// The id, modulo ``idsPerBucket``.
  @inline(__always) var place: Int { Int(bits & UInt64(Self.idsPerBucket - 1)) }
  @inline(__always) var deed: UInt64 { bits &>> 13 & 7 }
  @inline(__always) var end: UInt32 { UInt32(truncatingIfNeeded: bits &>> 16) & 0xffff }
  @inline(__always) var high: UInt32 { UInt32(truncatingIfNeeded: bits &>> 32) }
  /// Of what stands aside: the number of its part.
  var part: Int { Int(bits &>> UInt64(32 + Self.asideBitCount)) }
  /// Of what stands aside: its index in the part.
  var asideIndex: Int { Int(high & (1 << Self.asideBitCount - 1)) }
}

/// A fact with its whole id, where it does not stand in a bucket.
struct LooseFact {
  var id: Int64
  var fact: Fact
}

extension Fact {
  private static let unusual: UInt8 = 0xff
  /// The entry's kind, of the event kinds that only append an entry.
  private static let usualKinds: InlineArray<256, UInt8> = {
    var kinds = InlineArray<256, UInt8>(repeating: unusual)
    kinds[Int(FactColumns.Kind.trialStarted.rawValue)] = UInt8(Entry.Kind.started)
    kinds[Int(FactColumns.Kind.trialReactivated.rawValue)] = UInt8(Entry.Kind.reactivated)
    kinds[Int(FactColumns.Kind.planChanged.rawValue)] = UInt8(Entry.Kind.plan)
    kinds[Int(FactColumns.Kind.planChangedOpen.rawValue)] = UInt8(Entry.Kind.plan)
    return kinds
  }()

  /// The fact of an event of any kind but ``FactColumns/Kind/movedBelow``.
  @inline(__always)
  init(
    _ id: Int64,
    kind: UInt8,
    code: UInt32,
    first: UInt32,
    second: UInt32,
    _ part: Int,
    _ aside: inout [Aside]
  ) {
    let isSmall = code < Entry.escape
    let usual = Self.usualKinds[Int(kind)]
    if usual != Self.unusual {
      // Which of them it is nobody can foretell, so there are no branches.
      let isOpen = kind == FactColumns.Kind.planChangedOpen.rawValue
      let length = isOpen ? Entry.Length.open : Entry.Length.from(first, to: second)
      if isSmall, length != Entry.Length.behind {
        let word = Entry.word(kind: UInt32(usual), code: code, first: first, length: length)
        self.init(id, Deed.append, high: word)
        return
      }
      let second = isOpen ? first &+ Entry.Length.never : second
      let entry = Entry(kind: UInt32(usual), code: code, first: first, second: second)
      self.init(id, aside: entry, 0, part, &aside)
      return
    }
    switch FactColumns.Kind(rawValue: kind) {
    case .trialExtended:
      if isSmall {
        let word = Entry.word(kind: Entry.Kind.extension, code: code, first: first, length: 0)
        self.init(id, Deed.extend, high: word, end: second)
      } else {
        let entry = Entry(kind: Entry.Kind.extension, code: code, first: first, second: 0)
        self.init(id, aside: entry, second, part, &aside)
      }
    case .trialConverted: self.init(id, Deed.convert, high: code, end: first)
    case .trialCancelled: self.init(id, Deed.cancel, high: code, end: first)
    case .movedToTop: self.init(id, Deed.moveToTop)
    default: self.init(id, Deed.count)
    }
  }

  @inline(never)
  private init(
    _ id: Int64,
    aside entry: Entry,
    _ end: UInt32,
    _ part: Int,
    _ aside: inout [Aside]
  ) {
    self.init(id, Deed.aside, part, index: aside.count)
    aside.append(Aside(entry: entry, end: end))
  }

  /// The fact with its code's number replaced by the one that `map` gives for it.
  ///
  /// What stands aside is not looked at; the fact may become one that does.
  func renamed(_ map: [UInt32], _ part: Int, _ aside: inout [Aside]) -> Fact {
    let id = Int64(place)
    switch deed {
    case Deed.convert, Deed.cancel:
      return Fact(id, deed, high: map[Int(high)], end: end)
    case Deed.append, Deed.extend:
      let code = map[Int(high &>> 24 & 31) - 1]
      if code < Entry.escape {
        let word = high & ~Entry.codeMask | (code + 1) << 24
        return Fact(id, deed, high: word, end: end)
      }
      // An entry of one word needs no other.
      let word: [UInt32] = [high]
      var entry = Entry(high, at: 0, of: word.span)
      entry.code = code
      return Fact(id, aside: entry, end, part, &aside)
    default: return self
    }
  }
}
