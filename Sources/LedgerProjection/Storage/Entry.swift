/// What a state keeps of one fact: a plan period, an extension or a trial record.
///
/// Its words, of which the first says how many follow:
///
/// | bits | field | meaning |
/// | ---- | ----- | ------- |
/// | 0–15 | first | `starts_on`; of an extension `on` |
/// | 16–23 | length | of the period: see ``Length`` |
/// | 24–28 | code | 1 + the number in the ``CodeTable``; 31: it stands behind |
/// | 29–31 | kind | ``Kind`` |
///
/// A word whose code bits are zero is no entry of this form. With kind 0 it carries 24 more bits of
/// the word before it: `ends_on` where the length is ``Length/behind``; of a code behind, `ends_on`
/// (bit 16: open) and then the code, whose upper 8 bits are the length's. With kind 1 it is the
/// parent's id, 24 bits and more behind; with kind 2 how many times 256 events are left out of the
/// version's low byte, 48 bits. So words can be read in both directions.
///
/// Sketch: a trial of 30 or 60 days and a plan of a year are one word.
struct Entry: Equatable {
  /// The kinds, in the order of their bits.
  enum Kind {
    static let plan: UInt32 = 0
    static let `extension`: UInt32 = 1
    /// This and the next two: a started trial with no, a converted, a cancelled early end.
    static let started: UInt32 = 2
    /// This and the next two: the same for a reactivated trial.
    static let reactivated: UInt32 = 5
  }

  /// How long a period is, in one byte.
  enum Length {
    /// Up to so many days stand as they are.
    static let daysMax: UInt32 = 251
    /// 365 days; the next is 366.
    static let year: UInt32 = 252
    static let open: UInt32 = 254
    static let behind: UInt32 = 255
    /// More days than there are dates.
    static let never: UInt32 = 65_536

    /// The length from `first` to `second`.
    @inline(__always)
    static func from(_ first: UInt32, to second: UInt32) -> UInt32 {
      let days = second &- first
      let short = days <= daysMax ? days : behind
      return days &- 365 <= 1 ? days &- 365 &+ year : short
    }

    /// The days of a length that does not stand behind; of an open one ``never``.
    @inline(__always)
    static func days(_ length: UInt32) -> UInt32 {
      let long = length == open ? never : length &+ (365 &- year)
      return length <= daysMax ? length : long
    }
  }

  static let codeMask: UInt32 = 0x1f00_0000
  static let dataMask: UInt32 = 0x00ff_ffff
  /// Codes below this number stand in the word itself.
  static let escape: UInt32 = 30
  /// The word with a parent's id; at most one a namespace, and its first.
  static let parentTag: UInt32 = 1 << 29
  /// The word that counts 256 events each; at most one a namespace.
  static let versionTag: UInt32 = 2 << 29
  /// Upper byte of a word that carries more of the one before it.
  static let moreTag: UInt32 = 0
  /// The most words of an entry.
  static let wordCountMax = 3

  /// One of ``Kind``.
  var kind: UInt32
  /// The type or plan, a number in the ``CodeTable``.
  var code: UInt32
  /// `starts_on` or `on`, as a day number.
  var first: UInt32
  /// `ends_on` as a day number, ``Length/never`` past the last of an open one; 0 of an extension.
  var second: UInt32

  var isRecord: Bool { kind >= Kind.started }

  /// The word of an entry whose code is small and whose length is not behind.
  @inline(__always)
  static func word(kind: UInt32, code: UInt32, first: UInt32, length: UInt32) -> UInt32 {
    first | length &<< 16 | (code &+ 1) &<< 24 | kind &<< 29
  }

  /// Whether the word begins an entry.
  @inline(__always)
  static func begins(_ word: UInt32) -> Bool { word & codeMask != 0 }

  /// Whether the word carries more of the one before it.
  @inline(__always)
  static func isMore(_ word: UInt32) -> Bool { word &>> 24 == moreTag }

  /// The words: 1 to ``wordCountMax``; those after them are unused.
  var words: (count: Int, InlineArray<3, UInt32>) {
    var words = InlineArray<3, UInt32>(repeating: 0)
    let isOpen = second >= Length.never
    if code >= Self.escape {
      words[0] = Self.word(kind: kind, code: Self.escape, first: first, length: code &>> 24)
      words[1] = isOpen ? 1 << 16 : second
      words[2] = code & Self.dataMask
      return (3, words)
    }
    let length =
      kind == Kind.extension ? 0 : isOpen ? Length.open : Length.from(first, to: second)
    words[0] = Self.word(kind: kind, code: code, first: first, length: length)
    words[1] = second
    return (length == Length.behind ? 2 : 1, words)
  }
}

extension Entry {
  /// Reads the entry that begins with `word`, which is the one at `index` of the run.
  ///
  /// - Precondition: the word begins an entry.
  @inline(__always)
  init(_ word: UInt32, at index: Int, of run: Span<UInt32>) {
    kind = word &>> 29
    first = word & 0xffff
    code = (word &>> 24 & 31) &- 1
    let length = word &>> 16 & 0xff
    if code == Self.escape {
      code = run[index + 2] & Self.dataMask | length &<< 24
      let end = run[index + 1]
      second = end & 1 << 16 != 0 ? first &+ Length.never : end & 0xffff
    } else if length == Length.behind {
      second = run[index + 1] & 0xffff
    } else {
      second = first &+ Length.days(length)
    }
    if kind == Kind.extension { second = 0 }
  }
}
