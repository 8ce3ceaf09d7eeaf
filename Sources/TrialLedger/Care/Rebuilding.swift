import LedgerCore
import LedgerLog
import LedgerProjection
import LedgerSQLite
import Synchronization

/// The work of a rebuild, on its own thread: fresh states beside those that serve.
struct Rebuilding {
  let ledger: Ledger
  let options: RebuildOptions
  let job: RebuildJob
  let tell: (@Sendable (Ledger.Progress) -> Void)?
  let threads: Threads

  func run() throws(LedgerError) -> RebuildReport {
    let serving = try ledger.view(at: ledger.head)
    let inForce = try ledger.resolveRules(options.rules, atSize: serving.size)
    let replaces = options.replaces && options.rules == nil
    var meter = RebuildMeter(
      eventCount: serving.size,
      namespaceCount: serving.projection.namespaceCount,
      writesSnapshot: replaces && ledger.snapshots != nil
    )
    let start = options.uptime()
    var projection = Projection()
    projection.threads = threads
    try fold(into: &projection, to: serving.size, &meter, since: start)
    let folded = options.uptime()
    report(.answers, 0, &meter, since: start)
    let today = max(ledger.clock.now(), serving.lastRecordedAt).date
    projection.serve(CompiledRules(inForce, codes: projection.codes), on: today)
    let fresh = projection.view()
    let answered = options.uptime()
    try job.goOn()
    report(.comparison, 0, &meter, since: start)
    let difference = fresh.firstDifference(from: serving.projection)
    try job.goOn()
    if replaces {
      let view = LedgerView(
        projection: fresh,
        rules: serving.rules,
        compiled: fresh.rules,
        lastRecordedAt: serving.lastRecordedAt,
        root: serving.root,
        answersDate: today
      )
      try write(view, &meter, since: start)
      try swap(view, former: serving)
    }
    return RebuildReport(
      eventCount: serving.size,
      namespaceCount: fresh.namespaceCount,
      projectionByteCount: fresh.byteCount,
      foldSeconds: folded - start,
      answerSeconds: answered - folded,
      rulesID: inForce.rules.id,
      firstDifference: difference,
      isServing: replaces
    )
  }

  private func fold(
    into projection: inout Projection,
    to size: Int,
    _ meter: inout RebuildMeter,
    since start: Double
  ) throws(LedgerError) {
    let kept = Mutex(meter)
    do throws(LogError) {
      try projection.fold(
        from: ledger.reader,
        to: size,
        isCancelled: { job.isStopping },
        progress: { done in
          kept.withLock {
            report(.fold, Double(done) / Double(size), &$0, since: start, done: done, of: size)
          }
        }
      )
    } catch {
      try job.goOn()
      throw LedgerError(error)
    }
    meter = kept.withLock(\.self)
  }

  private func write(
    _ view: LedgerView,
    _ meter: inout RebuildMeter,
    since start: Double
  ) throws(LedgerError) {
    guard let snapshots = ledger.snapshots else { return }
    let record = try onSnapshots { () throws(SnapshotStoreError) in
      try snapshots.take(view, .rebuilt, ledger.reader, threads) { done, total in
        report(.snapshot, Double(done) / Double(max(1, total)), &meter, since: start)
        return !job.isStopping
      }
    }
    if record == nil { try job.goOn() }
  }

  /// Makes the fresh states serve, with what was recorded meanwhile.
  private func swap(_ view: LedgerView, former: LedgerView) throws(LedgerError) {
    do throws(LedgerError) {
      try ledger.adopt(view.caughtUp(with: ledger.reader))
      ledger.former.withLock { $0 = former }
    } catch {
      // What later starts use and what serves are the same, then as before.
      if let snapshots = ledger.snapshots { _ = try? snapshots.restoreFormer() }
      throw error
    }
  }

  private func report(
    _ step: RebuildMeter.Step,
    _ part: Double,
    _ meter: inout RebuildMeter,
    since start: Double,
    done: Int = 0,
    of total: Int = 0
  ) {
    meter.note(step, part)
    let progress = Ledger.Progress(
      phase: step.phase,
      done: done,
      total: total,
      remainingSeconds: meter.remainingSeconds(after: options.uptime() - start)
    )
    job.note(progress)
    tell?(progress)
  }
}
