/// Where reading a namespace's entries has come to, in log order.
struct EntryReader {
  /// The index in the run of the next word.
  private var next = 0

  /// The next entry, or `nil` after the last; words of other forms are passed over.
  @inline(__always)
  mutating func entry(_ run: Span<UInt32>) -> Entry? {
    while next < run.count {
      let index = next
      next &+= 1
      let word = run[index]
      if Entry.begins(word) { return Entry(word, at: index, of: run) }
    }
    return nil
  }
}

/// What the words of one namespace say beside its entries.
enum Run {
  /// Whether the namespace is a subgroup.
  @inline(__always)
  static func isSubgroup(_ run: Span<UInt32>) -> Bool {
    run.count > 0 && run[0] & ~Entry.dataMask == Entry.parentTag
  }

  /// The parent's id; 0 at top level.
  static func parent(_ run: Span<UInt32>) -> Int64 {
    guard isSubgroup(run) else { return 0 }
    return Int64(bitPattern: number(run, at: 0))
  }

  /// The version; `extra` is the part of it that stands outside the run.
  static func version(_ run: Span<UInt32>, extra: Int) -> Int {
    var version = extra
    for index in run.indices {
      let word = run[index]
      if Entry.begins(word) {
        version += 1
      } else if word & ~Entry.dataMask == Entry.versionTag {
        version += Int(number(run, at: index)) << 8
      }
    }
    return version
  }

  /// The number that begins in the data bits at `index` and goes on behind.
  private static func number(_ run: Span<UInt32>, at index: Int) -> UInt64 {
    var number = UInt64(run[index] & Entry.dataMask)
    var shift: UInt64 = 24
    var next = index + 1
    while next < run.count, Entry.isMore(run[next]), shift < 64 {
      number |= UInt64(run[next]) << shift
      shift += 24
      next += 1
    }
    return number
  }
}
