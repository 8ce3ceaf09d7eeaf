package import LedgerCore

extension ProjectionView {
  /// The memory that the view holds alone or together with others, in bytes: pages, the arrays that
  /// find them, and what the allocator adds (16 bytes an array, as estimated).
  package var byteCount: Int {
    directory.dense.byteCount + directory.sparse.byteCount
      + directory.large.values.reduce(0) { $0 + $1.capacity * 4 + 64 }
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
    directory.forEachPage { number, page in
      if haveSameCodes, directory.large.isEmpty, page == other.directory.page(number) { return }
      directory.forEachState(on: page, number) { id, run, extra in
        let state = NamespaceState(run, extra: extra, codes)
        let twin = other.directory.withState(of: id) {
          NamespaceState($0, extra: $1, other.codes)
        }
        if twin != state { first = min(first ?? id, id) }
      }
    }
    // Those that only the other view has.
    other.directory.forEachPage { number, page in
      other.directory.forEachState(on: page, number) { id, _, _ in
        if directory.withState(of: id, { _, _ in true }) == nil { first = min(first ?? id, id) }
      }
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
    directory.forEachPage { number, page in
      precondition(number > last, "pages are visited once, by ascending number")
      last = number
      pages += 1
      precondition(directory.page(number) == page, "a page is found by its number")
      page.checkInvariants(
        listCount: answers.lists.count,
        hasNumber: number >= directory.dense.limit
      )
      namespaces += page.count
      directory.forEachState(on: page, number) { id, run, extra in
        precondition(Page.number(of: id) == number, "an id is on its page")
        events += Run.version(run, extra: extra)
        checkInvariants(run)
        if directory.large[id] != nil {
          large += 1
          precondition(run.count > 0, "a large state is not empty")
        }
      }
    }
    for group in directory.dense.groups { for chunk in group { checkApart(chunk) } }
    for answer in answers.packed where answer & 0xffff != Page.noAnswer {
      precondition(answer & 0xffff < answers.lists.count, "an answer names a list")
    }
    precondition(large == directory.large.count, "a large state has a place")
    precondition(namespaces == namespaceCount, "every namespace is counted once")
    precondition(events == size, "every event counts in one namespace's version")
    precondition(eventCounts.reduce(0, +) == size, "every event is of one kind")
    precondition(pages == directory.pageCount, "a page is missing")
  }

  /// Answers that stand apart are there for each namespace, and for no other id.
  private func checkApart(_ chunk: PageTable.Chunk) {
    for (index, page) in chunk.pages.enumerated() where chunk.isApart || page.isApart {
      precondition(chunk.answers.count == Fact.idsPerBucket, "an answer an id")
      let words = page.words.span
      let shape = PageShape(words[0])
      precondition(page.isEmpty || page.isApart, "a page's answers stand where its chunk's do")
      for slot in 0..<Page.idsPerPage {
        let code = chunk.answers[index * Page.idsPerPage + slot]
        let isThere = shape.rank(words, slot: slot) != nil
        precondition(isThere == (code != AnswerLists.stranger), "an answer an id that is there")
        precondition(code < answers.packed.count, "an answer has a number")
      }
    }
  }

  private func checkInvariants(_ run: Span<UInt32>) {
    var reader = EntryReader()
    while let entry = reader.entry(run) {
      precondition(Int(entry.code) < codes.count, "an entry's code is known")
    }
    for index in run.indices where run[index] & ~Entry.dataMask == Entry.parentTag {
      precondition(index == 0, "the parent stands first")
      precondition(Run.parent(run) != 0, "a subgroup has a parent")
    }
  }
}

extension PageTable {
  fileprivate var byteCount: Int {
    // An array is an object of 32 bytes before its elements, from an allocator that needs 16 more.
    let array = 48
    var count = array
    for group in groups {
      count += array + group.capacity * 16
      for chunk in group where chunk.pages.contains(where: { !$0.isEmpty }) {
        count += array + chunk.pages.capacity * 8
        if chunk.isApart { count += array + chunk.answers.capacity * 2 }
        for page in chunk.pages where !page.isEmpty { count += array + page.words.capacity * 4 }
      }
    }
    return count
  }
}

extension Page {
  fileprivate func checkInvariants(listCount: Int, hasNumber: Bool) {
    let words = words.span
    let shape = PageShape(words[0])
    precondition(shape.count > 0, "a page that is there has a namespace")
    var sum = 0
    for index in 0..<shape.blockCount {
      precondition(PageShape.sum(words, index) == sum, "a sum is wrong")
      precondition(PageShape.mask(words, index) != 0, "a block that is there has a namespace")
      sum += PageShape.mask(words, index).nonzeroBitCount
    }
    precondition(sum == shape.count, "every namespace has a bit")
    for rank in 0..<shape.count {
      let slot = shape.slot(words, rank: rank)
      precondition(shape.rank(words, slot: slot) == rank, "a namespace is found at its place")
      guard !isApart else { continue }
      let list = words[shape.answers + rank] & 0xffff
      precondition(list == Self.noAnswer || list < listCount, "an answer names a list")
    }
    let end = shape.runs + shape.runWordCount(words, from: 0, upTo: shape.count)
    precondition(
      words.count == end + (hasNumber ? Self.numberWordCount : 0),
      "the runs fill the words"
    )
  }
}
