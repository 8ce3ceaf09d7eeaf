package import LedgerCore

extension Projection {
  /// As many events wait at least before they are folded without a view being asked for.
  private static let waitingCountMin = 1 << 22
  /// Above it, as many a namespace: what waits takes at most about as much memory as what there is.
  private static let waitingCountPerNamespace = 4

  /// Takes in the next events of the log.
  ///
  /// Events of kinds that this version does not know count in their namespace's version and change
  /// nothing else. They wait for the next ``view()``, or until many are there, to be folded with
  /// their neighbours.
  ///
  /// - Precondition: `columns.firstPosition` is ``size``, the columns are equally long, and codes
  ///   and parents are there for the kinds that have them.
  /// - Complexity: O(events); nothing is allocated per event but room for new namespaces.
  package mutating func apply(_ columns: FactColumns) {
    precondition(columns.firstPosition == size, "events are folded in the order of the log")
    pending.append(columns)
    size += columns.count
    foldWhenFull()
  }

  /// Takes in the next event of the log.
  ///
  /// - Precondition: the event's position is ``size``.
  package mutating func apply(_ event: Event) {
    precondition(event.position == size, "events are folded in the order of the log")
    pending.append(event)
    size += 1
    foldWhenFull()
  }

  /// Takes in the next events of the log, which several threads have put in batches; the batches are
  /// empty afterwards, and keep their memory.
  ///
  /// - Precondition: the first batch goes on at ``size``, each of the others where the one before it
  ///   ends, and no two are of the same part.
  package mutating func apply(_ batches: [FactBatch]) {
    foldPending(isLast: false)
    var codes = self.codes
    var next = size
    for batch in batches where !batch.isEmpty {
      precondition(batch.firstPosition == next, "events are folded in the order of the log")
      batch.rename(by: &codes)
      next += batch.count
    }
    size = next
    pending.restart(at: size, codes: codes)
    fold(batches.filter { !$0.isEmpty })
    for batch in batches {
      batch.removeAll(keepingCapacity: true)
      batch.restart(at: size, codes: codes)
    }
  }

  /// So many events are best folded together, as there are namespaces.
  package var roundCount: Int {
    min(
      max(Self.waitingCountMin, namespaceCount * Self.waitingCountPerNamespace),
      FactBatch.countMax
    )
  }

  private mutating func foldWhenFull() {
    if pending.count >= roundCount { foldPending(isLast: false) }
  }

  /// Folds what waits; when no more is to come soon, its memory is given back.
  mutating func foldPending(isLast: Bool) {
    if !pending.isEmpty { fold([pending]) }
    pending.removeAll(keepingCapacity: !isLast)
  }

  private mutating func fold(_ batches: [FactBatch]) {
    // A namespace's facts stand in buckets in all batches or in none, so that their order stays.
    let isBucketed = batches.contains { $0.isBucketed }
    if isBucketed { for batch in batches { batch.useBuckets() } }
    for batch in batches {
      ledgerVersion += batch.ledgerVersion
      for kind in eventCounts.indices { eventCounts[kind] += batch.eventCounts[kind] }
    }
    var sides = [PageBuilder.Side](
      repeating: PageBuilder.Side(aside: [], parents: []),
      count: (batches.map(\.part).max() ?? 0) + 1
    )
    for batch in batches {
      precondition(
        sides[batch.part].aside.isEmpty && sides[batch.part].parents.isEmpty,
        "no two batches are of the same part"
      )
      sides[batch.part] = PageBuilder.Side(aside: batch.aside, parents: batch.parents)
    }
    let former = directory.large
    let program = currentProgram()
    let lists = SharedAnswerLists(answers)
    let date = answersOn.dayNumber
    func makeWorker() -> FoldWorker {
      FoldWorker(
        sides: sides,
        former: former,
        answerer: program.map { Answerer($0, on: date, lists) }
      )
    }
    let worker = makeWorker()
    let loose = batches.count == 1 ? batches[0].loose : batches.flatMap(\.loose)
    if !loose.isEmpty { worker.fold(loose, into: &directory) }
    var workers = [worker]
    if isBucketed {
      workers += foldBuckets(batches, worker, makeWorker)
    }
    for worker in workers {
      namespaceCount += worker.namespacesMade
      for (id, words) in worker.large { directory.large[id] = words }
    }
    answers = lists.lists
  }

  /// Folds bucket by bucket: those of dense pages on all threads, the others by `worker`.
  private mutating func foldBuckets(
    _ batches: [FactBatch],
    _ worker: FoldWorker,
    _ makeWorker: () -> FoldWorker
  ) -> [FoldWorker] {
    let bucketCount = batches.map { $0.buckets.bucketCount }.max() ?? 0
    var numbers: [Int] = []
    for bucket in denseBucketCount..<max(denseBucketCount, bucketCount) {
      worker.forEachPage(inBucket: bucket, of: batches) { index in
        numbers.append(bucket * PageTable.pagesPerChunk + index)
      }
    }
    if !numbers.isEmpty { directory.reorganize(adding: numbers) }
    for bucket in denseBucketCount..<max(denseBucketCount, bucketCount) {
      worker.fold(bucket: bucket, of: batches, into: &directory)
    }

    var buckets: [FoldWorker.Bucket] = []
    for number in 0..<min(denseBucketCount, bucketCount)
    where batches.contains(where: { $0.buckets.count(number) > 0 }) {
      buckets.append(FoldWorker.Bucket(number: number, chunk: directory.dense.take(chunk: number)))
    }
    let workers = threads.forEach(&buckets, makeWorker: makeWorker) { worker, bucket in
      worker.fold(&bucket, of: batches)
    }
    for bucket in buckets { directory.dense.put(bucket.chunk, chunk: bucket.number) }
    for worker in workers { directory.densePageCount += worker.pagesMade }
    return workers
  }

  /// The buckets whose pages are found without hashing.
  private var denseBucketCount: Int {
    directory.dense.limit / PageTable.pagesPerChunk
  }
}
