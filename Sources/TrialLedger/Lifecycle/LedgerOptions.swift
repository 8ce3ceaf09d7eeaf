public import LedgerCore
package import LedgerLog

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
    /// The disk that is written on; tests give another.
    package var disk: any Disk = PosixDisk()
    /// At so many events a segment is full, and will be sealed; tests give fewer.
    package var segmentEventCount = LogWriter.segmentEventCount
    /// Told how far a long opening is, or the first folding of a ledger opened for reading; from the
    /// calling thread.
    public var progress: (@Sendable (Progress) -> Void)?
    /// Folders outside the ledger's where its checkpoints are kept too: who opens the ledger for
    /// writing is refused a log that is shorter than one of them, or has another history.
    public var checkpointCopies: [String] = []
    /// Told, once a problem and from a thread of the ledger, what keeps a following ledger from
    /// seeing what came since; see ``Ledger/followingProblem``.
    public var onProblem: (@Sendable (LedgerError) -> Void)?

    /// When snapshots of the states are taken, and how many are kept; they make opening fast.
    public var snapshots = SnapshotPolicy()
    /// Told, each once and from any thread, what an operator may want to know and need not act on,
    /// such as a snapshot that does not fit the log.
    public var onNotice: (@Sendable (String) -> Void)?

    /// Options of the given parts.
    public init(
      clock: any LedgerClock = SystemClock(),
      queueCountMax: Int = 100_000,
      progress: (@Sendable (Progress) -> Void)? = nil,
      onProblem: (@Sendable (LedgerError) -> Void)? = nil
    ) {
      self.clock = clock
      self.queueCountMax = queueCountMax
      self.progress = progress
      self.onProblem = onProblem
    }
  }

  /// How far a long piece of work is.
  public struct Progress: Equatable, Sendable {
    /// What is counted.
    public enum Unit: Sendable {
      /// Events, lines or other things.
      case items
      /// Bytes.
      case bytes
    }

    /// What is being done, in two or three words.
    public let phase: String
    /// How many events, lines or bytes are done.
    public let done: Int
    /// How many there are in all; 0 when nobody knows.
    public let total: Int
    /// What ``done`` and ``total`` count.
    public let unit: Unit
    /// How long all that is left takes, in seconds, where that is more than the rest of this phase;
    /// `nil` when nobody can say.
    public let remainingSeconds: Double?

    /// A state of progress.
    public init(
      phase: String,
      done: Int,
      total: Int,
      unit: Unit = .items,
      remainingSeconds: Double? = nil
    ) {
      self.remainingSeconds = remainingSeconds
      self.phase = phase
      self.done = done
      self.total = total
      self.unit = unit
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
