#if Redis
import Dispatch
package import Logging
import ServiceLifecycle
import Synchronization
package import TrialLedger

/// Deletes the keys of GitLab's cache whose lists are no longer what the ledger answers: at once, and
/// again a little later.
///
/// It never holds up the ledger: it reads what was recorded, as fast as Redis takes the deletions, on
/// a thread of its own. While Redis is away it tries again and again, at most half a second apart.
package final class RedisInvalidation: Service {
  private let worker: InvalidationWorker

  /// An invalidation that works while ``run()`` does.
  ///
  /// - Parameters:
  ///   - ledger: Opened for writing or for following.
  ///   - configuration: Which keys, where.
  ///   - logger: Told when Redis goes and comes.
  package init(ledger: Ledger, configuration: InvalidationConfiguration, logger: Logger) {
    worker = InvalidationWorker(ledger, configuration, logger)
  }

  /// How far it is.
  package var status: InvalidationStatus { worker.status.withLock(\.self) }

  /// Works until the task is cancelled or the group that it runs in stops; before it returns it
  /// deletes once what was recorded, for a second at most.
  package func run() async {
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await withCheckedContinuation { continuation in
          DispatchQueue(label: "redis invalidation").async { [worker] in
            worker.run()
            continuation.resume()
          }
        }
      } onGracefulShutdown: { [worker] in
        worker.stop()
      }
    } onCancel: { [worker] in
      worker.stop()
    }
  }
}
#endif
