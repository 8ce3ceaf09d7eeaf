public import Foundation
import Synchronization

/// Another program that a test starts, with what of Foundation's `Process` the tests need.
///
/// Foundation's own reads beyond the end of the list of open files while it starts a program
/// (swift-corelibs-foundation #5472, Swift 6.3 and before): with 1,366 or more of them, which the
/// tests together hold, now and then with a crash. This one is `posix_spawn` and `waitpid`.
///
/// The settings are read by `run()`; later changes are without effect. What is left `nil` is as in
/// this process. The program gets no other open files, a process group of its own, and no blocked
/// or ignored signals. All that asks or ends the process may be called from any thread.
public final class ChildProcess: @unchecked Sendable {
  /// Why a process has ended.
  public enum TerminationReason: Sendable {
    case exit, uncaughtSignal
  }

  /// A program that could not be started.
  public struct NotStarted: Error, CustomStringConvertible {
    /// The program and the system's reason.
    public let description: String
  }

  /// The program's file.
  public var executableURL: URL?
  /// What it is called with, without its name.
  public var arguments: [String] = []
  /// Its environment.
  public var environment: [String: String]?
  /// The folder it begins in.
  public var currentDirectoryURL: URL?
  /// A `Pipe`, whose reading end is closed here afterwards, or a `FileHandle`.
  public var standardInput: Any?
  /// A `Pipe`, whose writing end is closed here afterwards, or a `FileHandle`.
  public var standardOutput: Any?
  /// As `standardOutput`.
  public var standardError: Any?

  // Of glibc since 2.34 and 2.29; Swift's view of its headers leaves them out.
  private static let closeFrom = unsafe unsafeBitCast(
    dlsym(nil, "posix_spawn_file_actions_addclosefrom_np"),
    to: (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, CInt) -> CInt).self
  )
  private static let changeFolder = unsafe unsafeBitCast(
    dlsym(nil, "posix_spawn_file_actions_addchdir_np"),
    to: (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>)
      -> CInt).self
  )

  private enum State {
    case new
    case running(pid_t)
    case ended(pid_t, status: Int32)
  }

  private let state = Mutex(State.new)

  /// A process that is not started yet.
  public init() {}

  /// Starts the program.
  ///
  /// - Throws: `NotStarted` with the system's reason.
  public func run() throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    )
    let ends = [standardInput, standardOutput, standardError].enumerated()
    for (number, end) in ends {
      guard let descriptor = Self.descriptor(end, isInput: number == 0) else { continue }
      if descriptor < 0 {
        unsafe posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
      } else {
        unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
      }
    }
    _ = unsafe Self.closeFrom(&actions, 3)
    if let folder = currentDirectoryURL { _ = unsafe Self.changeFolder(&actions, folder.path) }
    let program = executableURL?.path ?? ""
    let environment = environment ?? ProcessInfo.processInfo.environment
    let words = CStrings([program] + arguments)
    let settings = CStrings(environment.map { "\($0.key)=\($0.value)" })
    var identifier: pid_t = 0
    let result = unsafe posix_spawn(
      &identifier,
      program,
      &actions,
      &attributes,
      words.pointers,
      settings.pointers
    )
    for (number, end) in ends {
      guard let pipe = end as? Pipe else { continue }
      try (number == 0 ? pipe.fileHandleForReading : pipe.fileHandleForWriting).close()
    }
    guard result == 0 else {
      throw NotStarted(description: "\(program): \(unsafe String(cString: strerror(result)))")
    }
    state.withLock { $0 = .running(identifier) }
  }

  /// The process's number; 0 before it was started.
  public var processIdentifier: Int32 {
    state.withLock {
      switch $0 {
      case .new: 0
      case .running(let identifier), .ended(let identifier, _): identifier
      }
    }
  }

  /// Whether it was started and has not ended.
  public var isRunning: Bool {
    state.withLock { Self.reap(&$0, waiting: false) }
  }

  /// Sends SIGTERM, unless it has ended.
  public func terminate() {
    state.withLock { state in
      if Self.reap(&state, waiting: false), case .running(let identifier) = state {
        kill(identifier, SIGTERM)
      }
    }
  }

  /// Holds this thread up until the process has ended.
  public func waitUntilExit() {
    var information = unsafe siginfo_t()
    // Leaves it to be collected below, under the lock: until then its number is nobody else's.
    let identifier = processIdentifier
    while unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) < 0,
      errno == EINTR
    {}
    state.withLock { _ = Self.reap(&$0, waiting: true) }
  }

  /// The exit status, or the signal's number.
  public var terminationStatus: Int32 {
    let status = endStatus
    return status & 0x7f == 0 ? (status >> 8) & 0xff : status & 0x7f
  }

  /// Whether it ended by itself.
  public var terminationReason: TerminationReason {
    endStatus & 0x7f == 0 ? .exit : .uncaughtSignal
  }

  private var endStatus: Int32 {
    state.withLock {
      _ = Self.reap(&$0, waiting: false)
      guard case .ended(_, let status) = $0 else { preconditionFailure("it has not ended") }
      return status
    }
  }

  /// Collects the process if it has ended, and says whether it still runs.
  private static func reap(_ state: inout State, waiting: Bool) -> Bool {
    guard case .running(let identifier) = state else { return false }
    var status: Int32 = 0
    var result: pid_t
    repeat {
      result = unsafe waitpid(identifier, &status, waiting ? 0 : WNOHANG)
    } while result < 0 && errno == EINTR
    if result == 0 { return true }
    precondition(result == identifier, "somebody else has collected \(identifier)")
    state = .ended(identifier, status: status)
    return false
  }

  /// The descriptor to hand on, -1 for the null device, `nil` for this process's own.
  private static func descriptor(_ end: Any?, isInput: Bool) -> Int32? {
    switch end {
    case let pipe as Pipe:
      (isInput ? pipe.fileHandleForReading : pipe.fileHandleForWriting).fileDescriptor
    case let file as FileHandle:
      file === FileHandle.nullDevice ? -1 : file.fileDescriptor
    case nil: nil
    default: preconditionFailure("neither a pipe nor a file")
    }
  }
}

/// Texts as C has them: a list of pointers that ends with a null.
@safe
private final class CStrings {
  // Sound: made and freed here, and as long as the texts and the null.
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ texts: [String]) {
    count = texts.count
    unsafe pointers = .allocate(capacity: count + 1)
    for (number, text) in texts.enumerated() {
      unsafe (pointers + number).initialize(to: strdup(text))
    }
    unsafe (pointers + count).initialize(to: nil)
  }

  deinit {
    for number in 0..<count { unsafe free(pointers[number]) }
    unsafe pointers.deallocate()
  }
}
