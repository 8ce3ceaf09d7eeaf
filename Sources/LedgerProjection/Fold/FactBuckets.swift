// May say `unsafe`. What it exports is safe to call with any arguments: a wrong bucket traps.

/// Facts by the bucket of their ids, each bucket's in the order in which they came.
///
/// A bucket is a chain of blocks, of which the last is written to; blocks lie behind one another in
/// slabs of memory, so that there is no allocation per bucket. The first two words of a block: the
/// address of the block before it, and its size in words.
///
/// Sketch: 3,700 buckets for 30 M ids; the lines and the cursors they are written through (64 and 16
/// bytes each) fit the second-level cache.
@safe
struct FactBuckets: ~Copyable {
  /// Where a bucket's next fact goes; equal when its block is full, or there is none.
  @safe
  private struct Cursor {
    var next: UnsafeMutablePointer<UInt64>?
    var end: UnsafeMutablePointer<UInt64>?
    /// The block of ``next``.
    var block: UnsafeMutablePointer<UInt64>?
    var count: Int
  }

  private static let headerWordCount = 2
  private static let blockWordCountMin = 16
  private static let blockWordCountMax = 512
  /// More than a C library ever takes from its heap, so that freeing a slab gives it back to the
  /// system; what is not written to is no memory yet.
  private static let slabWordCount = (1 << 22) + 512

  private var cursors: UnsafeMutableBufferPointer<Cursor>
  private var slabs: [UnsafeMutableBufferPointer<UInt64>]
  /// The slabs that are in use, and the words of the last of them that are.
  private var slabCount = 0
  private var usedWordCount = 0
  /// One more than the last bucket that has facts.
  private(set) var bucketCount = 0

  init() {
    // Sound: no element of an empty buffer is read.
    unsafe cursors = .init(start: nil, count: 0)
    unsafe slabs = []
  }

  deinit {
    // Sound: this owns what it allocated, and nothing refers to it any more.
    unsafe cursors.deallocate()
    for index in unsafe slabs.indices { unsafe slabs[index].deallocate() }
  }

  /// Forgets the facts; and, unless more are to come, their memory.
  mutating func removeAll(keepingCapacity: Bool) {
    // Sound: only words in use are read, and none is from here on.
    for index in 0..<bucketCount {
      unsafe cursors[index] = Cursor(next: nil, end: nil, block: nil, count: 0)
    }
    bucketCount = 0
    slabCount = 0
    usedWordCount = 0
    guard !keepingCapacity else { return }
    for index in unsafe slabs.indices { unsafe slabs[index].deallocate() }
    unsafe slabs = []
    unsafe cursors.deallocate()
    unsafe cursors = .init(start: nil, count: 0)
  }

  /// Adds a fact of the namespace.
  ///
  /// - Precondition: the id is at least 0 and below ``FactBatch/bucketedIDMax``.
  @inline(__always)
  mutating func append(_ fact: Fact, of id: Int64) {
    let bucket = Int(truncatingIfNeeded: UInt64(bitPattern: id) &>> UInt64(Fact.idBitCount))
    if bucket >= bucketCount { reach(bucket) }
    // Sound: `reach` has made as many cursors; a cursor that is not at its end points into its block.
    if unsafe cursors[bucket].next == cursors[bucket].end { addBlock(bucket) }
    if let next = unsafe cursors[bucket].next {
      unsafe next.pointee = fact.bits
      unsafe cursors[bucket].next = next + 1
    }
  }

  @inline(never)
  private mutating func reach(_ bucket: Int) {
    precondition(
      bucket >= 0 && bucket < Int(FactBatch.bucketedIDMax >> Fact.idBitCount),
      "an id without a bucket"
    )
    bucketCount = bucket + 1
    guard unsafe bucketCount > cursors.count else { return }
    let count = unsafe max(bucketCount, cursors.count * 2, 64)
    // Sound: every element is initialized before the buffer is read; the old one is copied first.
    let grown = UnsafeMutableBufferPointer<Cursor>.allocate(capacity: count)
    unsafe grown.initialize(repeating: Cursor(next: nil, end: nil, block: nil, count: 0))
    for index in unsafe cursors.indices { unsafe grown[index] = cursors[index] }
    unsafe cursors.deallocate()
    unsafe cursors = grown
  }

  @inline(never)
  private mutating func addBlock(_ bucket: Int) {
    // Sound: the block lies inside the slab, which has room for it and lives until all is forgotten.
    let old = unsafe cursors[bucket].block
    let oldWordCount = unsafe old.map { unsafe Int($0[1]) } ?? 0
    let wordCount = min(max(oldWordCount * 4, Self.blockWordCountMin), Self.blockWordCountMax)
    if unsafe slabCount == 0 || usedWordCount + wordCount > slabs[slabCount - 1].count {
      if unsafe slabCount == slabs.count {
        unsafe slabs.append(.allocate(capacity: Self.slabWordCount))
      }
      slabCount += 1
      usedWordCount = 0
    }
    guard let base = unsafe slabs[slabCount - 1].baseAddress else { return }
    let block = unsafe base + usedWordCount
    usedWordCount += wordCount
    unsafe block[0] = UInt64(UInt(bitPattern: old))
    unsafe block[1] = UInt64(wordCount)
    unsafe cursors[bucket].count += max(0, oldWordCount - Self.headerWordCount)
    unsafe cursors[bucket].block = block
    unsafe cursors[bucket].next = block + Self.headerWordCount
    unsafe cursors[bucket].end = block + wordCount
  }

  /// The number of facts in a bucket.
  func count(_ bucket: Int) -> Int {
    guard bucket >= 0, bucket < bucketCount else { return 0 }
    // Sound: the bucket has a cursor, and next lies behind the header of its block.
    let cursor = unsafe cursors[bucket]
    guard let next = unsafe cursor.next, let block = unsafe cursor.block else { return 0 }
    return unsafe cursor.count + (next - block) - Self.headerWordCount
  }

  /// Calls `body` with the facts of a bucket, block by block from the last to the first; the facts of
  /// a block are in order.
  @inline(__always)
  func forEachBlockBackwards(_ bucket: Int, _ body: (Span<UInt64>) -> Void) {
    guard bucket >= 0, bucket < bucketCount else { return }
    // Sound: a block's words up to the cursor, or to its end, were written; addresses are those that
    // `addBlock` stored; nothing is written while `body` runs.
    let cursor = unsafe cursors[bucket]
    var end = unsafe cursor.next
    var block = unsafe cursor.block
    while let start = unsafe block, let stop = unsafe end {
      let first = unsafe start + Self.headerWordCount
      let facts = unsafe UnsafeBufferPointer(start: first, count: stop - first)
      body(unsafe facts.span)
      unsafe block = UnsafeMutablePointer(bitPattern: UInt(start[0]))
      unsafe end = block.map { unsafe $0 + Int($0[1]) }
    }
  }

  /// Replaces every fact by what `body` makes of it.
  mutating func rewrite(_ body: (Fact) -> Fact) {
    for bucket in 0..<bucketCount {
      // Sound: as above, and the buckets are this one's alone.
      let cursor = unsafe cursors[bucket]
      var end = unsafe cursor.next
      var block = unsafe cursor.block
      while let start = unsafe block, let stop = unsafe end {
        var next = unsafe start + Self.headerWordCount
        while unsafe next < stop {
          unsafe next.pointee = body(Fact(bits: next.pointee)).bits
          unsafe next += 1
        }
        unsafe block = UnsafeMutablePointer(bitPattern: UInt(start[0]))
        unsafe end = block.map { unsafe $0 + Int($0[1]) }
      }
    }
  }
}

/// Sorts the facts of one bucket by id, stably.
@safe
struct BucketSorter: ~Copyable {
  /// Where the facts of each id begin, and after the last of them the end.
  private var starts: UnsafeMutableBufferPointer<UInt32>
  private var sorted: UnsafeMutableBufferPointer<UInt64>

  /// Holds no facts, and no memory, until the first ``sort(_:of:)``.
  init() {
    // Sound: no element of an empty buffer is read.
    unsafe starts = .init(start: nil, count: 0)
    unsafe sorted = .init(start: nil, count: 0)
  }

  deinit {
    // Sound: this owns what it allocated.
    unsafe starts.deallocate()
    unsafe sorted.deallocate()
  }

  /// Sorts the facts of `bucket`: those of the first batch before those of the second.
  ///
  /// - Complexity: O(facts + ids of a bucket).
  mutating func sort(_ bucket: Int, of batches: [FactBatch]) {
    var total = 0
    for batch in batches { total += batch.buckets.count(bucket) }
    // Sound: `place` is below `idsPerBucket`; positions are below the number of facts counted, for
    // which there is room; both passes see the same facts.
    if unsafe sorted.count < total {
      unsafe sorted.deallocate()
      unsafe sorted = .allocate(capacity: total + total / 2)
    }
    if unsafe self.starts.isEmpty {
      unsafe self.starts = .allocate(capacity: Fact.idsPerBucket + 1)
    }
    guard let starts = unsafe self.starts.baseAddress else { return }
    unsafe starts.initialize(repeating: 0, count: Fact.idsPerBucket + 1)
    for batch in batches {
      batch.buckets.forEachBlockBackwards(bucket) { facts in
        for index in facts.indices {
          unsafe starts[Fact(bits: facts[index]).place] &+= 1
        }
      }
    }
    var sum: UInt32 = 0
    for place in 0..<Fact.idsPerBucket {
      unsafe sum &+= starts[place]
      unsafe starts[place] = sum
    }
    precondition(Int(sum) == total, "facts are counted once")
    unsafe starts[Fact.idsPerBucket] = sum
    guard let target = unsafe sorted.baseAddress else { return }
    for batch in batches.reversed() {
      batch.buckets.forEachBlockBackwards(bucket) { facts in
        var index = facts.count
        while index > 0 {
          index &-= 1
          let fact = facts[index]
          let place = Fact(bits: fact).place
          let position = unsafe starts[place] &- 1
          unsafe starts[place] = position
          unsafe target[Int(position)] = fact
        }
      }
    }
  }

  /// The number of sorted facts of `idCount` ids from `place` on.
  ///
  /// - Precondition: the ids are those of a bucket.
  func count(from place: Int, idCount: Int) -> Int {
    precondition(place >= 0 && idCount >= 0 && place + idCount <= Fact.idsPerBucket)
    // Sound: the places were checked, and `sort` has set them.
    if unsafe starts.isEmpty { return 0 }
    return unsafe Int(starts[place + idCount]) - Int(starts[place])
  }

  /// Calls `body` with the sorted facts of `idCount` ids from `place` on.
  ///
  /// - Precondition: the ids are those of a bucket.
  @inline(__always)
  func withFacts(from place: Int, idCount: Int, _ body: (Span<UInt64>) -> Void) {
    let count = count(from: place, idCount: idCount)
    guard count > 0 else { return }
    // Sound: `sort` has set the starts, which do not descend, and initialized all up to the last.
    let start = unsafe Int(starts[place])
    let facts = unsafe UnsafeBufferPointer(rebasing: sorted[start..<(start + count)])
    body(unsafe facts.span)
  }
}
