package import LedgerFormat
internal import LedgerProof

/// What a full walk through a log found to be true.
package struct LogVerification: Equatable, Sendable {
  /// The number of events.
  package let size: Int
  /// The root of the tree over them, computed anew.
  package let root: Hash256
  /// The number of namespaces with events, the ledger's own not counted.
  package let namespaceCount: Int
}

extension LogReader {
  /// Walks through the whole log up to ``size`` on all cores and checks every stored byte: headers,
  /// tables, checksums, leaves, stored hashes, roots, the index, the order of positions and times,
  /// and that each namespace's versions count up.
  ///
  /// - Parameters:
  ///   - threadCount: How many threads work beside the caller's.
  ///   - isCancelled: Asked now and then from the calling thread; `true` ends the walk.
  ///   - progress: Called now and then from the calling thread with the number of events checked.
  /// - Returns: What is true of the log.
  /// - Throws: ``LogError/damaged(_:)`` that names the first place that is wrong,
  ///   ``LogError/disk(_:)``, or ``LogError/cancelled``.
  /// - Complexity: O(n) hashes, on all cores; about 20 bytes of memory for each namespace, and 30 for
  ///   each event of a segment.
  package func verify(
    threadCount: Int = SystemThread.processorCount,
    isCancelled: () -> Bool = { false },
    progress: (Int) -> Void = { _ in }
  ) throws(LogError) -> LogVerification {
    // Nothing that was read before is believed.
    let files = OpenFiles(disk)
    let (segments, size, end) = directory.with { ($0.segments, $0.size, $0.end) }
    var plan = VerificationPlan(segments, end: end, identity, folder, files)
    var merge = VerificationMerge()
    let work = try onDisk { () throws(DiskError) in
      try OrderedWork<VerificationJob, VerificationOutput>(threadCount: threadCount) {
        let worker = VerificationWorker(files)
        return { worker.verify($0) }
      }
    }
    try work.run { () throws(LogError) in
      if isCancelled() { throw .cancelled }
      if let index = merge.takeIndex() { return .index(index) }
      return plan.next(indexCount: merge.indexCount)
    } take: { output throws(LogError) in
      try merge.take(output)
      progress(merge.size)
    }
    guard merge.size >= size else {
      preconditionFailure("the frames of the directory do not add up to its size")
    }
    return LogVerification(
      size: merge.size,
      root: merge.root,
      namespaceCount: merge.namespaceCount
    )
  }
}
