import Synchronization
import TrialLedger

/// Tells a person how far long work is: a line that is rewritten on a terminal, a plain line every
/// few seconds elsewhere; nothing for what takes less than a second.
final class ProgressReporter: Sendable {
  private struct State {
    var phase = ""
    var startedAt: ContinuousClock.Instant
    var toldAt: ContinuousClock.Instant
    var hasLine = false
  }

  private let terminal: Terminal
  private let state: Mutex<State>

  /// A reporter to standard error.
  init() {
    terminal = .of(.standardError)
    let now = ContinuousClock.now
    state = Mutex(State(startedAt: now, toldAt: now))
  }

  /// Takes note of how far the work is, and tells it when it is time; done work takes its line away.
  @Sendable func update(_ progress: Ledger.Progress) {
    if progress.total > 0, progress.done >= progress.total, progress.remainingSeconds == nil {
      return finish()
    }
    let now = ContinuousClock.now
    let line: String? = state.withLock { state in
      if state.phase != progress.phase {
        state.phase = progress.phase
        state.startedAt = now
        state.toldAt = now
      }
      let elapsed = now - state.startedAt
      let pause: Duration = terminal.isInteractive ? .milliseconds(100) : .seconds(5)
      guard elapsed >= .seconds(1), now - state.toldAt >= pause else { return nil }
      state.toldAt = now
      state.hasLine = true
      return progressLine(
        phase: progress.phase,
        done: progress.done,
        total: progress.total,
        isBytes: progress.unit == .bytes,
        elapsedSeconds: elapsed / .seconds(1),
        remainingSeconds: progress.remainingSeconds
      )
    }
    guard let line else { return }
    if terminal.isInteractive {
      let text = clipped(line, to: (terminal.columnCount ?? 80) - 1, unicode: terminal.hasUnicode)
      tell("\r\u{1b}[K\(text)")
    } else {
      note(line)
    }
  }

  /// Takes the line away, so that results stand alone.
  func finish() {
    let hadLine = state.withLock { state in
      defer { state.hasLine = false }
      return state.hasLine
    }
    if hadLine, terminal.isInteractive { tell("\r\u{1b}[K") }
  }

  private func tell(_ text: String) {
    // Progress that cannot be told is no reason to stop the work.
    try? FileDescriptor.standardError.write(Array(text.utf8))
  }
}
