// Threads of the operating system and a way for them to wait for each other. The work of a log
// blocks on the disk or keeps a core busy for minutes; neither belongs on the cooperative pool.

internal import Glibc
internal import Synchronization

/// A thread of its own.
package final class SystemThread: Sendable {
  /// How much a thread leaves the processor to others.
  package enum Share: Sendable {
    /// Not at all.
    case equal
    /// Most of it.
    case small
    /// All that they want: beside processors that are all busy it hardly gets on.
    case rest
  }

  private let handle: Mutex<pthread_t?>

  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
      self.run = run
    }
  }

  /// Starts a thread that runs `body`.
  ///
  /// - Parameters:
  ///   - share: How much it leaves the processor to others.
  ///   - body: What to do; the thread ends when it returns.
  /// - Throws: ``DiskError`` when the system has no thread left.
  package init(
    share: Share = .equal,
    _ body: @escaping @Sendable () -> Void
  ) throws(DiskError) {
    let retained = unsafe Unmanaged.passRetained(
      Body {
        Self.leaveTheProcessorToOthers(share)
        body()
      }
    )
    var handle = pthread_t()
    // Sound: the body is retained for the thread, which takes it over, or released here.
    let code = unsafe pthread_create(
      &handle,
      nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      },
      retained.toOpaque()
    )
    guard code == 0 else {
      unsafe retained.release()
      throw failure("start", "a thread", code)
    }
    self.handle = Mutex(handle)
  }

  /// SCHED_IDLE of Linux's <linux/sched.h>, which the C library shows to GNU sources only.
  private static let idlePolicy: Int32 = 5

  /// Gives the calling thread its share.
  ///
  /// That a call may fail only costs speed.
  ///
  /// Niceness alone is not enough for the rest: who wakes up waits for the end of the other's turn,
  /// some milliseconds; SCHED_IDLE (sched(7)) ends that turn at once. Both are a thread's own on Linux.
  private static func leaveTheProcessorToOthers(_ share: Share) {
    guard share != .equal else { return }
    _ = setpriority(Int32(PRIO_PROCESS.rawValue), 0, 10)
    guard share == .rest else { return }
    var parameters = sched_param()
    parameters.sched_priority = 0
    // Sound: the call reads the value it is lent.
    _ = unsafe sched_setscheduler(0, idlePolicy, &parameters)
  }

  /// Waits for the thread to end; a second call returns at once.
  package func join() {
    let handle = self.handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
    if let handle { pthread_join(handle, nil) }
  }

  deinit {
    if let handle = handle.withLock({ $0 }) { pthread_detach(handle) }
  }

  /// The number of processors that this process may use.
  package static var processorCount: Int {
    max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }
}

/// A number that threads raise, and wait for to lower it.
package final class Semaphore: Sendable {
  // A pipe with as many bytes as the number says: it needs no memory that threads share.
  private let readEnd: Int32
  private let writeEnd: Int32

  /// A semaphore at 0.
  ///
  /// - Throws: ``DiskError`` when there are no descriptors left.
  package init() throws(DiskError) {
    var ends: [Int32] = [0, 0]
    // Sound: the call fills the two numbers it is lent.
    _ = try retried("create", "a pipe") { unsafe pipe(&ends) }
    (readEnd, writeEnd) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  deinit {
    Glibc.close(readEnd)
    Glibc.close(writeEnd)
  }

  /// Raises it by one; at most some thousands may wait to be lowered.
  package func signal() {
    var byte: UInt8 = 1
    // Sound: one byte of our own.
    while unsafe write(writeEnd, &byte, 1) < 0, errno == EINTR {}
  }

  /// Waits until it is above 0 and lowers it by one.
  package func wait() {
    var byte: UInt8 = 0
    // Sound: one byte of our own.
    while unsafe read(readEnd, &byte, 1) < 0, errno == EINTR {}
  }
}
