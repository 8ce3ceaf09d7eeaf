public import LedgerCore

extension Ledger {
  /// What a ledger is opened for.
  public enum Access: Sendable {
    /// What is there now; ``Ledger/refresh()`` sees what came since.
    case reading
    /// As reading, and a thread of its own sees what another process records, within milliseconds.
    case following
    /// Recording; one process at a time.
    case writing
  }

  /// How a ledger behaves in this process.
  public struct Options: Sendable {
    /// Where the present comes from.
    public var clock: any LedgerClock
    /// The most commands that wait for the disk; one more is refused as ``LedgerError/busy(_:)``.
    public var queueCountMax: Int
    /// Told how far a long opening is, from the calling thread.
    public var progress: (@Sendable (Progress) -> Void)?

    /// Options of the given parts.
    public init(
      clock: any LedgerClock = SystemClock(),
      queueCountMax: Int = 100_000,
      progress: (@Sendable (Progress) -> Void)? = nil
    ) {
      self.clock = clock
      self.queueCountMax = queueCountMax
      self.progress = progress
    }
  }

  /// How far a long piece of work is.
  public struct Progress: Equatable, Sendable {
    /// What is being done, in two or three words.
    public let phase: String
    /// How many events (or lines) are done.
    public let done: Int
    /// How many there are in all.
    public let total: Int

    /// A state of progress.
    public init(phase: String, done: Int, total: Int) {
      self.phase = phase
      self.done = done
      self.total = total
    }
  }

  /// A command, and in a test-clock ledger what time it is for it.
  public struct Submission: Equatable, Sendable {
    /// The command.
    public var command: Command
    /// What time it is, only in a test-clock ledger; `nil` is the ledger's clock.
    public var now: Instant?

    /// A submission of a command.
    public init(_ command: Command, now: Instant? = nil) {
      self.command = command
      self.now = now
    }
  }

  /// What became of a wish to activate rules.
  public enum RulesActivation: Equatable, Sendable {
    /// They are in force from this event on, which is durable.
    case activated(Event)
    /// They were in force already; nothing was recorded.
    case alreadyInForce
  }
}
