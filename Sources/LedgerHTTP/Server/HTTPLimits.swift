/// The most that one client may ask of the server.
///
/// Every limit is the largest value that is still accepted; one more is refused by the status that
/// its comment names.
public struct HTTPLimits: Equatable, Sendable {
  /// The longest request line (method, target, version and the spaces between) on the routes that
  /// carry ids in their query, in bytes; else 414.
  public var longRequestLineByteCountMax = 512 * 1_024
  /// The longest request line on all other routes, in bytes; else 414.
  public var requestLineByteCountMax = 16 * 1_024
  /// The largest header section, in bytes, each field counted as `name: value` with its line end;
  /// else 431.
  public var headersByteCountMax = 32 * 1_024
  /// The most header fields; else 431.
  public var headerCountMax = 256
  /// The largest body of a single request, in bytes; else 413.
  public var bodyByteCountMax = 1_024 * 1_024
  /// The largest body of a batch of commands, in bytes; else 413.
  public var batchByteCountMax = 8 * 1_024 * 1_024
  /// The most bytes of large requests, beyond the first 64 KiB of each, that are held at a time for
  /// all clients together; a connection that sends more is closed.
  public var requestMemoryByteCountMax = 256 * 1_024 * 1_024
  /// The most commands in a batch, and the most ids in a question; else 413.
  public var itemCountMax = 10_000
  /// How long a connection may stay silent while a request is awaited or read; then it is closed.
  public var idleTimeout: Duration = .seconds(30)
  /// How long the head of a request may take to arrive, and then its body; then the connection is closed.
  public var readTimeout: Duration = .seconds(60)
  /// How long the rest of a refused request is taken in and dropped, so that its answer arrives.
  public var lingerTimeout: Duration = .seconds(2)
  /// How long a client may take nothing of an answer; then the connection is closed.
  public var writeTimeout: Duration = .seconds(30)
  /// The most connections at a time; more wait to be accepted.
  public var connectionCountMax = 4_096
  /// The most questions that wait for a thread because they read stored events; else 503.
  public var waitingQuestionCountMax = 256
  /// The most streams at a time; else 503.
  public var streamCountMax = 1_024
  /// How long a stream lasts; its client comes again with `Last-Event-ID`.
  public var streamTimeout: Duration = .seconds(3_600)
  /// How long a stream is silent at most.
  public var heartbeatInterval: Duration = .seconds(15)
  /// How long a stopping server waits for requests that were begun.
  public var stopTimeout: Duration = .seconds(4)

  /// The limits of the documentation.
  public init() {}

  /// Takes no more connections than leave open files for the log, in a process that may have
  /// `countMax` of them.
  ///
  /// Without one left, Swift's thread pool (libdispatch) ends the process when it looks at its
  /// threads below `/proc`.
  public mutating func leaveFiles(of countMax: Int) {
    // The log keeps some 200 open; the rest is for threads, event loops and files on their way.
    connectionCountMax = max(1, min(connectionCountMax, max(countMax - 320, countMax / 4)))
  }
}
