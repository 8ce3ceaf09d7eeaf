// May say `unsafe`. What it exports is safe to call after `rebuild` has reserved room for its facts.

extension PageBuilder {
  @inline(__always)
  private mutating func push(_ word: UInt32, _ run: inout OpenRun) {
    // Sound: `rebuild` and `openLarge` have reserved four words a fact.
    unsafe runs[run.end] = word
    run.end &+= 1
  }

  /// Folds a fact into the run.
  @inline(__always)
  mutating func apply(_ fact: Fact, _ run: inout OpenRun, _ sides: [Side]) {
    if fact.deed == Fact.Deed.append {
      push(fact.high, &run)
    } else {
      applyOther(fact, &run, sides)
    }
  }

  private mutating func applyOther(_ fact: Fact, _ run: inout OpenRun, _ sides: [Side]) {
    switch fact.deed {
    case Fact.Deed.extend:
      push(fact.high, &run)
      moveEnd(of: (fact.high &>> 24 & 31) &- 1, to: fact.end, cause: 0, &run)
    case Fact.Deed.convert:
      moveEnd(of: fact.high, to: fact.end, cause: 1, &run)
      run.extra &+= 1
    case Fact.Deed.cancel:
      moveEnd(of: fact.high, to: fact.end, cause: 2, &run)
      run.extra &+= 1
    case Fact.Deed.aside:
      let aside = sides[fact.part].aside[fact.asideIndex]
      let (count, words) = aside.entry.words
      for index in 0..<count { push(words[index], &run) }
      guard aside.entry.kind == Entry.Kind.extension else { return }
      moveEnd(of: aside.entry.code, to: aside.end, cause: 0, &run)
    case Fact.Deed.moveBelow:
      setParent(sides[fact.part].parents[fact.asideIndex], &run)
      run.extra &+= 1
    case Fact.Deed.moveToTop:
      setParent(0, &run)
      run.extra &+= 1
    default: run.extra &+= 1
    }
  }

  /// Moves the end of the newest record of a code, if there is one; `cause` is 0 for none,
  /// 1 converted, 2 cancelled, which is added to the record's kind.
  private mutating func moveEnd(
    of code: UInt32,
    to end: UInt32,
    cause: UInt32,
    _ run: inout OpenRun
  ) {
    let isSmall = code < Entry.escape
    let tag = (min(code, Entry.escape) &+ 1) &<< 24
    // Sound: all indexes lie between the run's first word and its last.
    var index = run.end
    while index > run.start {
      index &-= 1
      let word = unsafe runs[index]
      guard word & Entry.codeMask == tag, word &>> 29 >= Entry.Kind.started else { continue }
      let length = word &>> 16 & 0xff
      if !isSmall {
        let whole = unsafe runs[index + 2] & Entry.dataMask | length &<< 24
        guard whole == code else { continue }
      }
      let kind = word &>> 29 >= Entry.Kind.reactivated ? Entry.Kind.reactivated : Entry.Kind.started
      var moved = word & ~(7 &<< 29) | (kind &+ cause) &<< 29
      if isSmall, length != Entry.Length.behind {
        let length = Entry.Length.from(word & 0xffff, to: end)
        moved = moved & ~(0xff &<< 16) | length &<< 16
        if length == Entry.Length.behind { insert(1, at: index &+ 1, &run) }
      }
      unsafe runs[index] = moved
      if !isSmall || moved &>> 16 & 0xff == Entry.Length.behind { unsafe runs[index + 1] = end }
      return
    }
  }

  /// Makes room for words inside the run.
  private mutating func insert(_ count: Int, at index: Int, _ run: inout OpenRun) {
    // Sound: four words a fact are reserved, of which a fact that inserts uses no others.
    unsafe (runs + index + count).update(from: runs + index, count: run.end - index)
    run.end += count
  }

  /// Removes words inside the run.
  private mutating func remove(_ count: Int, at index: Int, _ run: inout OpenRun) {
    // Sound: the words lie in the run.
    unsafe (runs + index).update(from: runs + index + count, count: run.end - index - count)
    run.end -= count
  }

  /// Sets the parent; 0 for none.
  private mutating func setParent(_ parent: Int64, _ run: inout OpenRun) {
    // Sound: indexes lie between the run's first word and its end.
    if run.end > run.start, unsafe runs[run.start] & ~Entry.dataMask == Entry.parentTag {
      var count = 1
      while run.start + count < run.end, unsafe Entry.isMore(runs[run.start + count]) { count += 1 }
      remove(count, at: run.start, &run)
    }
    guard parent != 0 else { return }
    let bits = UInt64(bitPattern: parent)
    let count = bits >> 24 == 0 ? 1 : bits >> 48 == 0 ? 2 : 3
    insert(count, at: run.start, &run)
    for index in 0..<count {
      let data = UInt32(truncatingIfNeeded: bits >> UInt64(24 * index)) & Entry.dataMask
      unsafe runs[run.start + index] = index == 0 ? data | Entry.parentTag : data
    }
  }

  /// Counts 256 events each in the run instead of beside it.
  @inline(never)
  mutating func carry(_ run: inout OpenRun) {
    var index = run.start
    // Sound: indexes lie between the run's first word and its end.
    while index < run.end, unsafe runs[index] & ~Entry.dataMask != Entry.versionTag { index += 1 }
    var number = UInt64(run.extra >> 8)
    run.extra &= 0xff
    if index == run.end {
      // At least 256 facts of this run, of four words each, made no entry.
      run.end += 2
    } else {
      unsafe number += UInt64(runs[index] & Entry.dataMask) | UInt64(runs[index + 1]) << 24
    }
    unsafe runs[index] = Entry.versionTag | UInt32(truncatingIfNeeded: number) & Entry.dataMask
    unsafe runs[index + 1] = UInt32(truncatingIfNeeded: number >> 24) & Entry.dataMask
  }
}
