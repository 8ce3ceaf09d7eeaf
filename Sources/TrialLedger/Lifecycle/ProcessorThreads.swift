// May say `@unchecked Sendable`. What it exports is safe to call with any arguments.

package import LedgerLog
package import LedgerProjection

extension Threads {
  /// As many threads as there are processors, the calling one among them.
  ///
  /// - Parameter share: How much the others leave the processor to who serves.
  /// - Returns: What runs them.
  static func perProcessor(share: SystemThread.Share = .equal) -> Threads {
    system(count: SystemThread.processorCount, share: share)
  }

  /// So many threads, the calling one among them; they end when their work does.
  package static func system(count: Int, share: SystemThread.Share = .equal) -> Threads {
    Threads(count: count) { count, body in
      withoutActuallyEscaping(body) { body in
        let lent = Lent(body: body)
        var threads: [SystemThread] = []
        for number in 1..<max(1, count) {
          do {
            threads.append(
              try SystemThread(share: share) { lent.body(number) }
            )
          } catch {
            // A system without threads to spare: the work is done all the same.
            lent.body(number)
          }
        }
        if count > 0 { lent.body(0) }
        for thread in threads { thread.join() }
      }
    }
  }

  /// A function that several threads call at once, and are done with before it goes.
  private struct Lent: @unchecked Sendable {
    let body: (Int) -> Void
  }
}
