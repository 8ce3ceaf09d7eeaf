package import LedgerCore

extension ProjectionView {
  /// The memory that the view holds alone or together with others, in bytes: pages, the arrays that
  /// find them, and what the allocator adds (16 bytes an array, as estimated).
  package var byteCount: Int {
    directory.dense.byteCount + directory.sparse.byteCount
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
      let twin = other.directory.page(page.number)
      if haveSameCodes, page == twin { return }
      let both = page.present & twin.present
      page.forEachCell { id, cell in
        let bit: UInt64 = 1 << UInt64(id & 63)
        let isSame =
          both & bit != 0
          && page.state(cell, codes)
            == twin.state(Page.cellIndex(bit, present: twin.present), other.codes)
        if !isSame { first = min(first ?? id, id) }
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
    var last = -1
    directory.forEachPage { page in
      precondition(page.number > last, "pages are visited once, by ascending number")
      last = page.number
      pages += 1
      precondition(directory.page(page.number) == page, "a page is found by its number")
      page.checkInvariants(codes, listCount: answers.lists.count)
      namespaces += page.present.nonzeroBitCount
      page.forEachCell { _, cell in events += page.version(cell) }
    }
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
    let answers = Self.answersIndex(present: present, spillCount: spillCount)
    precondition(words.count == answers + (count + 1) / 2, "the parts fill the words")
    var rest = words[1]
    while rest != 0 {
      let rank = (present & (rest & (~rest &+ 1) &- 1)).nonzeroBitCount
      let list = words[answers + rank >> 1] >> UInt64((rank & 1) << 5) & 0xffff
      precondition(list < listCount, "an answer names a list")
      rest &= rest &- 1
    }
    var reached = 0
    forEachCell { _, cell in
      reached += spillCells(of: cell)
      let words = words.span
      var reader = EntryReader(words, cell: cell)
      while let entry = reader.entry(words) {
        precondition(entry.kind < Entry.Kind.reactivated + 3, "an entry has a kind")
        precondition(Int(entry.code) < codes.count, "an entry's code is known")
      }
      precondition(isSubgroup(cell) == (parent(cell) != 0), "a subgroup has a parent")
    }
    precondition(reached == spillCount, "every spill cell continues one namespace")
  }

  private func spillCells(of cell: Int) -> Int {
    var count = 0
    var cell = cell
    while words[cell] & Self.linkedBit != 0 {
      cell =
        Self.spillIndex(present: present) + Int(words[cell + 3] >> 32) * Self.cellWordCount
      count += 1
    }
    return count
  }
}
