/// What a cell keeps of one fact: a plan period, an extension or a trial record.
///
/// Its bytes, of which the first says which of them there are:
///
/// | bytes | field | meaning |
/// | ----- | ----- | ------- |
/// | 1 | tag | 1 + 28 × kind + code; code 27: the code follows |
/// | 0 or 2 | code | the number in the ``CodeTable``, when it is 27 or more |
/// | 2 | first | `starts_on`; of an extension `on` |
/// | 0 or 2 | second | `ends_on`; not there for an open period and an extension |
///
/// Two tags are no entries of this form: ``parentTag`` and ``versionTag``. Tag 0 is never written.
struct Entry {
  /// The kinds, in the order of their tags.
  enum Kind {
    static let closedPlan: UInt8 = 0
    static let openPlan: UInt8 = 1
    static let `extension`: UInt8 = 2
    /// This and the next two: a started trial with no, a converted, a cancelled early end.
    static let started: UInt8 = 3
    /// This and the next two: the same for a reactivated trial.
    static let reactivated: UInt8 = 6
  }

  /// The tag before eight bytes of a parent's id, 0 for none (any more); at most one a namespace.
  static let parentTag: UInt8 = 253
  /// The tag before six bytes that count the multiples of 65,536 in the version; at most one.
  static let versionTag: UInt8 = 254
  static let parentByteCount = 9
  static let versionByteCount = 7
  /// Codes below this number stand in the tag.
  static let escape: UInt16 = 27
  private static let codesPerKind: UInt8 = 28

  /// One of ``Kind``.
  var kind: UInt8
  /// The type or plan, a number in the ``CodeTable``.
  var code: UInt16
  /// `starts_on` or `on`, as a day number.
  var first: UInt16
  /// `ends_on` as a day number; 0 where there is none.
  var second: UInt16

  var isRecord: Bool { kind >= Kind.started }

  @inline(__always)
  init(kind: UInt8, code: UInt16, first: UInt16, second: UInt16 = 0) {
    self.kind = kind
    self.code = code
    self.first = first
    self.second = second
  }

  /// Reads the entry whose bytes `window` begins with; an entry has at most seven.
  @inline(__always)
  init(_ window: UInt64) {
    let tag = UInt8(truncatingIfNeeded: window) &- 1
    kind = tag / Self.codesPerKind
    code = UInt16(tag % Self.codesPerKind)
    var rest = window &>> 8
    if code == Self.escape {
      code = UInt16(truncatingIfNeeded: rest)
      rest &>>= 16
    }
    first = UInt16(truncatingIfNeeded: rest)
    second = UInt16(truncatingIfNeeded: rest &>> 16)
  }

  /// The number of bytes: 3 to 7.
  @inline(__always)
  var byteCount: Int {
    let short = kind == Kind.openPlan || kind == Kind.extension
    return (short ? 3 : 5) &+ (code >= Self.escape ? 2 : 0)
  }

  /// The tag, which says kind and (small) code.
  @inline(__always)
  var tag: UInt8 {
    1 &+ kind &* Self.codesPerKind &+ UInt8(truncatingIfNeeded: min(code, Self.escape))
  }

  /// The bytes, from the low one up; those after ``byteCount`` are zero.
  @inline(__always)
  var bytes: UInt64 {
    let dates = UInt64(first) | UInt64(second) &<< 16
    let rest = code >= Self.escape ? UInt64(code) | dates &<< 16 : dates
    return UInt64(tag) | rest &<< 8
  }
}
