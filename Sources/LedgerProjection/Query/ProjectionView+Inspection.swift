package import LedgerCore

extension ProjectionView {
  /// The memory that the view holds alone or together with others, in bytes: pages, the arrays that
  /// find them, and what the allocator adds (16 bytes an array, as estimated).
  package var byteCount: Int {
    directory.dense.byteCount + directory.sparse.byteCount
      + directory.large.values.reduce(0) { $0 + $1.words.capacity * 8 + 64 }
  }

  /// The first namespace, by id, whose state differs from the one in `other`; `nil` when none does.
  ///
  /// Compares states, not bytes: how codes are numbered does not matter, nor do answers.
  ///
  /// - Complexity: O(namespaces); pages that both views share cost a comparison of two references.
  package func firstDifference(from other: ProjectionView) -> NamespaceID? {
    if ledgerVersion != other.ledgerVersion { return .ledger }
    var first: Int64?
    let haveSameCodes = codes == other.codes
    directory.forEachPage { page in
      if haveSameCodes, directory.large.isEmpty, page == other.directory.page(page.number) {
        return
      }
      directory.forEachState(on: page) { id, page, rank in
        if let twin = other.directory.find(id),
          page.state(rank, codes) == twin.page.state(twin.rank, other.codes)
        {
          return
        }
        first = min(first ?? id, id)
      }
    }
    // Those that only the other view has.
    other.directory.forEachPage { page in
      let extra = page.present & ~directory.page(page.number).present
      guard extra != 0 else { return }
      let id = Int64(page.number << 6 + extra.trailingZeroBitCount)
      first = min(first ?? id, id)
    }
    return first.map { NamespaceID(unchecked: $0) }
  }

  /// Traps when the parts do not fit together; for tests.
  ///
  /// - Complexity: O(entries).
  package func checkInvariants() {
    var namespaces = 0
    var events = ledgerVersion
    var pages = 0
    var large = 0
    var last = -1
    directory.forEachPage { page in
      precondition(page.number > last, "pages are visited once, by ascending number")
      last = page.number
      pages += 1
      precondition(directory.page(page.number) == page, "a page is found by its number")
      page.checkInvariants(codes, listCount: answers.lists.count)
      namespaces += page.present.nonzeroBitCount
      directory.forEachState(on: page) { id, own, rank in
        events += own.version(rank)
        if Page.isMovedOut(own.words.span, rank) { preconditionFailure("a large state is missing") }
        guard directory.large[id] != nil else { return }
        large += 1
        own.checkInvariants(codes, listCount: 0)
      }
    }
    precondition(large == directory.large.count, "a large state has a place")
    precondition(namespaces == namespaceCount, "every namespace is counted once")
    precondition(events == size, "every event counts in one namespace's version")
    precondition(eventCounts.reduce(0, +) == size, "every event is of one kind")
    precondition(pages == directory.densePageCount + directory.sparsePageCount, "a page is missing")
  }
}

extension PageTable {
  fileprivate var byteCount: Int {
    // An array is an object of 32 bytes before its elements, from an allocator that needs 16 more.
    let array = 48
    var count = array
    for group in groups {
      count += array + group.capacity * 8
      for chunk in group where !chunk.isEmpty {
        count += array + chunk.capacity * 8
        for page in chunk where !page.isEmpty { count += array + page.words.capacity * 8 }
      }
    }
    return count
  }
}

extension Page {
  fileprivate func checkInvariants(_ codes: CodeTable, listCount: Int) {
    let count = present.nonzeroBitCount
    precondition(count > 0, "a page that is there has a namespace")
    precondition(words[1] & ~present == 0, "only a namespace that is there has an answer")
    precondition(words[words.count - 1] == 0, "a page ends in zeros")
    var expected = Self.headerWordCount + count
    for rank in 0..<count {
      let words = words.span
      let run = Self.run(words, rank)
      precondition(run.lowerBound == expected && !run.isEmpty, "run follows run")
      expected = run.upperBound
      let entries = Self.entries(words, run)
      precondition(entries.lowerBound <= entries.upperBound, "more bytes are free than there are")
      var reader = EntryReader(words, rank: rank)
      while let entry = reader.entry(words) {
        precondition(entry.kind < Entry.Kind.reactivated + 3, "an entry has a kind")
        precondition(Int(entry.code) < codes.count, "an entry's code is known")
      }
      precondition(reader.next == entries.upperBound, "the last entry ends where they end")
      precondition(Self.isSubgroup(words, rank) == (parent(rank) != 0), "a subgroup has a parent")
      guard self.words[1] >> UInt64(bitNumber(rank)) & 1 == 1 else { continue }
      let list = words[Self.headerWordCount + rank] & 0xffff
      precondition(list < listCount, "an answer names a list")
    }
    precondition(expected == words.count - 1, "the runs fill the words")
  }

  private func bitNumber(_ rank: Int) -> Int {
    var rest = present
    for _ in 0..<rank { rest &= rest &- 1 }
    return rest.trailingZeroBitCount
  }
}
