#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// An open file of the process: standard input, output, error, or one opened to read.
///
/// The only file of the command line that says `unsafe`; what it exports is safe to call with any
/// argument.
struct FileDescriptor: Sendable {
  /// The number by which the system knows it.
  let number: Int32
  /// What a person calls it: the path that was given, or `standard input`.
  let name: String

  static let standardInput = FileDescriptor(number: 0, name: "standard input")
  static let standardOutput = FileDescriptor(number: 1, name: "standard output")
  static let standardError = FileDescriptor(number: 2, name: "standard error")

  /// Opens a file to read it from its beginning.
  static func reading(_ path: String) throws(SystemError) -> FileDescriptor {
    // Sound: the string is copied for the call, which does not keep it.
    let number = unsafe path.withCString { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    guard number >= 0 else { throw SystemError(code: errno, subject: "cannot read \(path)") }
    return FileDescriptor(number: number, name: path)
  }

  /// Opens a file to write it from its beginning; what was in it is gone.
  static func writing(_ path: String) throws(SystemError) -> FileDescriptor {
    // Sound: the string is copied for the call, which does not keep it.
    let number = unsafe path.withCString {
      unsafe open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    }
    guard number >= 0 else { throw SystemError(code: errno, subject: "cannot write \(path)") }
    return FileDescriptor(number: number, name: path)
  }

  /// Makes a folder for secrets, which only its owner may enter, unless there is one.
  ///
  /// - Throws: ``SystemError``.
  static func makeFolder(_ path: String) throws(SystemError) {
    // Sound: the string is copied for the call, which does not keep it.
    let result = unsafe path.withCString { unsafe mkdir($0, 0o700) }
    guard result == 0 || errno == EEXIST else {
      throw SystemError(code: errno, subject: "cannot make \(path)")
    }
  }

  /// Writes a new file that only its owner may read, and makes it durable.
  ///
  /// - Throws: ``SystemError``, also when there is a file already.
  static func writeSecret(_ bytes: [UInt8], to path: String) throws(SystemError) {
    // Sound: the string is copied for the call, which does not keep it.
    let number = unsafe path.withCString {
      unsafe open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    }
    guard number >= 0 else { throw SystemError(code: errno, subject: "cannot make \(path)") }
    let file = FileDescriptor(number: number, name: path)
    defer { file.close() }
    try file.write(bytes)
    guard fsync(number) == 0 else {
      throw SystemError(code: errno, subject: "cannot sync \(path)")
    }
  }

  /// Gives a file that only its owner may read new bytes: all or nothing, durable once this returns.
  static func replaceSecret(
    _ bytes: [UInt8],
    at path: String,
    in folder: String
  ) throws(SystemError) {
    let unfinished = "\(path).\(UInt64.random(in: 0...UInt64.max)).new"
    try writeSecret(bytes, to: unfinished)
    // Sound: the strings are copied for the call, which does not keep them.
    let code = unsafe unfinished.withCString { from in
      unsafe path.withCString { to in unsafe rename(from, to) }
    }
    guard code == 0 else { throw SystemError(code: errno, subject: "cannot replace \(path)") }
    let opened = try reading(folder)
    defer { opened.close() }
    guard fsync(opened.number) == 0 else {
      throw SystemError(code: errno, subject: "cannot sync \(folder)")
    }
  }

  /// Runs `body` while no other process does the same with that file, which is made if need be.
  static func withLock<Value>(on path: String, _ body: () throws -> Value) throws -> Value {
    // Sound: the string is copied for the call, which does not keep it.
    let number = unsafe path.withCString {
      unsafe open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    }
    guard number >= 0 else { throw SystemError(code: errno, subject: "cannot open \(path)") }
    let file = FileDescriptor(number: number, name: path)
    // The lock goes with the file.
    defer { file.close() }
    guard flock(number, LOCK_EX) == 0 else {
      throw SystemError(code: errno, subject: "cannot lock \(path)")
    }
    return try body()
  }

  /// Opens a file to append to it, made for its owner only.
  static func appending(_ path: String) throws(SystemError) -> FileDescriptor {
    // Sound: the string is copied for the call, which does not keep it.
    let number = unsafe path.withCString {
      unsafe open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    }
    guard number >= 0 else { throw SystemError(code: errno, subject: "cannot open \(path)") }
    return FileDescriptor(number: number, name: path)
  }

  /// Whether a person's terminal is at the other end.
  var isTerminal: Bool { isatty(number) == 1 }

  /// The terminal's width in columns; `nil` where there is none that knows.
  var columnCount: Int? {
    var size = winsize()
    // Sound: the request writes a `winsize` and nothing beyond it.
    guard unsafe ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Appends what can be read at once, up to `byteCount` bytes; waits until there is something.
  ///
  /// - Returns: The number of bytes; 0 at the end.
  func read(upTo byteCount: Int, into bytes: inout [UInt8]) throws(SystemError) -> Int {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: max(0, byteCount)))
    // Sound: the buffer is used inside the closure only.
    let count = unsafe bytes.withUnsafeMutableBytes { buffer -> Int in
      while true {
        // Sound: the rebased slice is what was appended above, and lives through the call.
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
        let count = unsafe Self.systemRead(number, rest.baseAddress, rest.count)
        if count >= 0 || errno != EINTR { return count }
      }
    }
    bytes.removeLast(bytes.count - start - max(0, count))
    if count < 0 { throw SystemError(code: errno, subject: "cannot read \(name)") }
    return count
  }

  /// Whether reading would not wait.
  var hasInput: Bool {
    var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    // Sound: one request is given and counted.
    return unsafe poll(&request, 1, 0) > 0
  }

  /// Writes all of `bytes`.
  func write(_ bytes: [UInt8]) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      // Sound: the buffer is used inside the closure only.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        // Sound: the rebased slice lies inside the array, which outlives the call.
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
        return unsafe Self.systemWrite(number, rest.baseAddress, rest.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError(code: errno, subject: "cannot write \(name)")
      }
      written += count
    }
  }

  /// Closes the file; the value must not be used afterwards.
  func close() {
    Self.systemClose(number)
  }

  /// Makes writing to a pipe nobody reads, and past the size a file may have, an error of the call,
  /// where it would end the process.
  static func ignoreWriteSignals() {
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
  }

  /// Lets the process have as many open files as the system grants it without asking.
  ///
  /// - Returns: How many that are.
  static func raiseCountMax() -> Int {
    var limit = rlimit()
    // Sound: each call reads or fills the value it is lent, and keeps nothing.
    guard unsafe getrlimit(Self.fileCount, &limit) == 0 else { return 256 }
    var raised = limit
    raised.rlim_cur = min(limit.rlim_max, 65_536)
    if raised.rlim_cur > limit.rlim_cur, unsafe setrlimit(Self.fileCount, &raised) == 0 {
      limit = raised
    }
    return Int(min(limit.rlim_cur, 65_536))
  }

  #if canImport(Glibc)
  private static let fileCount = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
  private static let fileCount = RLIMIT_NOFILE
  #endif

  private static func systemClose(_ number: Int32) {
    #if canImport(Glibc)
    _ = Glibc.close(number)
    #else
    _ = Darwin.close(number)
    #endif
  }

  private static func systemRead(
    _ number: Int32,
    _ pointer: UnsafeMutableRawPointer?,
    _ count: Int
  ) -> Int {
    // Sound: the callers above pass a buffer's own address and count.
    #if canImport(Glibc)
    unsafe Glibc.read(number, pointer, count)
    #else
    unsafe Darwin.read(number, pointer, count)
    #endif
  }

  private static func systemWrite(
    _ number: Int32,
    _ pointer: UnsafeRawPointer?,
    _ count: Int
  ) -> Int {
    // Sound: the callers above pass a buffer's own address and count.
    #if canImport(Glibc)
    unsafe Glibc.write(number, pointer, count)
    #else
    unsafe Darwin.write(number, pointer, count)
    #endif
  }
}

/// What the system says went wrong with a file.
struct SystemError: Error, Equatable {
  /// The system's number.
  let code: Int32
  /// What could not be done, such as `cannot read commands.jsonl`.
  let subject: String

  /// Whether the reader at the other end of a pipe has gone.
  var isBrokenPipe: Bool { code == EPIPE }
  /// Whether there is no such file.
  var isMissing: Bool { code == ENOENT }
  /// Whether the path is at fault rather than the disk: another one, or other rights, would do.
  var isOfPath: Bool {
    [ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG, EEXIST].contains(code)
  }

  /// One sentence.
  var message: String {
    switch code {
    case EISDIR: return "\(subject): it is a folder"
    case EEXIST: return "\(subject): it is there, and is never overwritten; choose another name"
    default: break
    }
    // Sound: the system's text is copied before the next call can change it.
    let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    return "\(subject): \(text)"
  }
}
