import Synchronization

/// Wakes tasks that wait for work.
final class Doorbell: Sendable {
  private struct State {
    var ringCount = 0
    var waiting: [ObjectIdentifier: OneShot] = [:]
  }

  private let state = Mutex(State())

  /// What ``wait(since:atMost:)`` takes, so that no ring between looking for work and waiting is
  /// missed.
  var ringCount: Int { state.withLock(\.ringCount) }

  /// Wakes all who wait.
  func ring() {
    let woken = state.withLock { state in
      state.ringCount += 1
      defer { state.waiting.removeAll() }
      return Array(state.waiting.values)
    }
    for one in woken { one.end() }
  }

  /// Waits for a ring after `ringCount`, for so long, or until the task is cancelled.
  func wait(since ringCount: Int, atMost duration: Duration) async {
    let one = OneShot()
    let mustWait = state.withLock { state in
      guard state.ringCount == ringCount else { return false }
      state.waiting[ObjectIdentifier(one)] = one
      return true
    }
    guard mustWait else { return }
    await one.wait(atMost: duration)
    state.withLock { state in _ = state.waiting.removeValue(forKey: ObjectIdentifier(one)) }
  }
}

/// Something that happens once, and a task that waits for it.
final class OneShot: Sendable {
  private struct State {
    var isOver = false
    var continuation: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// It has happened; nobody waits any longer.
  func end() {
    let continuation = state.withLock { state in
      state.isOver = true
      defer { state.continuation = nil }
      return state.continuation
    }
    continuation?.resume()
  }

  /// Waits until it has happened, for so long, or until the task is cancelled.
  ///
  /// - Precondition: Nobody else waits.
  func wait(atMost duration: Duration) async {
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await self.wait() }
      // A cancelled sleep is a wait that is over.
      tasks.addTask { try? await Task.sleep(for: duration) }
      await tasks.next()
      tasks.cancelAll()
    }
  }

  private func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if !state.isOver { state.continuation = continuation }
          return state.isOver
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      end()
    }
  }
}
