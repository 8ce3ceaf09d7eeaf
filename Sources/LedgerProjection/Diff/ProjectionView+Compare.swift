extension ProjectionView {
  /// So many chunks of pages are compared before their changes are handed over: a quarter of a
  /// million ids where ids are dense.
  private static let chunksPerRound = 32

  /// Pages side by side, and what changes for their namespaces.
  private struct Part {
    /// Pages with their numbers, ascending.
    let pages: [(number: Int, page: Page)]
    var changes: [RuleChange]?
  }

  /// Compares two rule sets for every namespace that has events.
  ///
  /// Runs on packed states, two evaluations for a namespace whose lists neither differ nor change
  /// within the days; rules beyond the limits of ``CompiledRules/isPacked`` are evaluated on whole
  /// states, which is about a hundred times slower.
  ///
  /// - Parameters:
  ///   - comparison: The rules and the days, made with this view's codes.
  ///   - threads: Where the work is done.
  ///   - forEachChange: Called with every change, by ascending namespace, type, gains before losses,
  ///     on the calling thread; returns whether to go on.
  ///   - progress: Called with the number of namespaces done; returns whether to go on.
  /// - Returns: How many changes there are; `nil` when `forEachChange` or `progress` ended it.
  /// - Throws: What `forEachChange` throws.
  /// - Complexity: O(entries) for each date on which a leaf may change; memory for the changes of
  ///   about a quarter of a million namespaces.
  package func compare<Failure>(
    _ comparison: RuleComparison,
    threads: Threads,
    forEachChange: ((RuleChange) throws(Failure) -> Bool)?,
    progress: (Int) -> Bool
  ) throws(Failure) -> RuleChangeCounts? {
    var total = RuleChangeCounts(comparison, codeCount: codes.count)
    let chunks = chunks
    var next = 0
    while next < chunks.count {
      let end = min(next + Self.chunksPerRound, chunks.count)
      var parts = chunks[next..<end].map { Part(pages: $0, changes: forEachChange.map { _ in [] }) }
      next = end
      let workers = threads.forEach(
        &parts,
        makeWorker: { ComparisonWorker(comparison, codes) },
        { worker, part in
          for (number, page) in part.pages {
            worker.compare(page, number: number, large: directory.large, into: &part.changes)
          }
        }
      )
      for worker in workers { total.merge(worker.counts) }
      if let forEachChange {
        for part in parts {
          for change in part.changes ?? [] where try !forEachChange(change) { return nil }
        }
      }
      guard progress(total.namespaceCount) else { return nil }
    }
    return total
  }

  /// All pages by ascending number, some at a time.
  private var chunks: [[(number: Int, page: Page)]] {
    var chunks: [[(number: Int, page: Page)]] = []
    var chunk: [(number: Int, page: Page)] = []
    directory.forEachPage { number, page in
      chunk.append((number, page))
      if chunk.count == PageTable.pagesPerChunk {
        chunks.append(chunk)
        chunk = []
      }
    }
    if !chunk.isEmpty { chunks.append(chunk) }
    return chunks
  }
}
