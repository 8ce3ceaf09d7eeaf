// The only file of this module that may say `unsafe`: it passes memory to system calls.

internal import Glibc

/// The disk of this machine.
package struct PosixDisk: Disk {
  /// The disk of this machine.
  package init() {}

  package func open(_ path: String, for access: DiskAccess) throws(DiskError) -> any DiskFile {
    let flags = access == .reading ? O_RDONLY : O_RDWR
    let descriptor = try retried("open", path) {
      unsafe Glibc.open(path, flags | O_CLOEXEC)
    }
    return PosixFile(descriptor, path)
  }

  package func create(_ path: String) throws(DiskError) -> any DiskFile {
    let descriptor = try retried("create", path) {
      unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    }
    return PosixFile(descriptor, path)
  }

  package func createFolder(_ path: String) throws(DiskError) {
    do {
      _ = try retried("create", path) { unsafe mkdir(path, 0o755) }
    } catch  where error.code == EEXIST {
      return
    }
  }

  package func names(in folder: String) throws(DiskError) -> [String]? {
    // Sound: the stream is closed on every way out, and each entry is read before the next call.
    var opened = unsafe opendir(folder)
    while unsafe opened == nil, errno == EINTR { unsafe opened = opendir(folder) }
    guard let stream = unsafe opened else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure("read", folder)
    }
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        if errno == EINTR { continue }
        break
      }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { characters in
          unsafe String(cString: characters)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    if errno != 0 { throw failure("read", folder) }
    return names
  }

  package func rename(_ path: String, to newPath: String) throws(DiskError) {
    _ = try retried("rename", path) { unsafe Glibc.rename(path, newPath) }
  }

  package func remove(_ path: String) throws(DiskError) {
    do {
      _ = try retried("remove", path) { unsafe unlink(path) }
    } catch  where error.isNotFound {
      return
    }
  }

  package func syncFolder(_ path: String) throws(DiskError) {
    let descriptor = try retried("open", path) {
      unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    defer { Glibc.close(descriptor) }
    _ = try retried("sync", path) { fsync(descriptor) }
  }

  package func pause(milliseconds: Int) {
    usleep(UInt32(milliseconds) * 1_000)
  }
}

private final class PosixFile: DiskFile {
  private let descriptor: Int32
  private let path: String

  init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    // Nothing to be done about a failed close; what must be durable was synced before.
    Glibc.close(descriptor)
  }

  func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws(DiskError) -> Int {
    precondition(count >= 0 && count <= buffer.count, "a read past the end of the buffer")
    var done = 0
    while done < count {
      let (from, rest) = (done, count - done)
      // Sound: `from + rest` is at most the buffer's count.
      let got = try retried("read", path) {
        unsafe buffer.withUnsafeMutableBytes { bytes in
          guard let base = bytes.baseAddress else { return 0 }
          return unsafe pread(descriptor, base + from, rest, offset + from)
        }
      }
      if got == 0 { break }
      done += got
    }
    return done
  }

  func willRead(_ range: Range<Int>) {
    // A hint: that it cannot be followed changes nothing.
    _ = posix_fadvise(descriptor, range.lowerBound, range.count, POSIX_FADV_WILLNEED)
  }

  func write(_ bytes: Span<UInt8>, at offset: Int) throws(DiskError) {
    var done = 0
    while done < bytes.count {
      let (from, rest) = (done, bytes.count - done)
      // Sound: `from + rest` is the span's count.
      let put = try retried("write", path) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return 0 }
          return unsafe pwrite(descriptor, base + from, rest, offset + from)
        }
      }
      guard put > 0 else { throw failure("write", path, EIO) }
      done += put
    }
  }

  func sync() throws(DiskError) {
    _ = try retried("sync", path) { fdatasync(descriptor) }
  }

  func truncate(to byteCount: Int) throws(DiskError) {
    _ = try retried("truncate", path) { ftruncate(descriptor, byteCount) }
  }

  func byteCount() throws(DiskError) -> Int {
    var status = stat()
    // Sound: the call fills the value it is lent.
    guard unsafe fstat(descriptor, &status) == 0 else { throw failure("stat", path) }
    return Int(status.st_size)
  }

  func tryLock(_ lock: DiskLock) throws(DiskError) -> Bool {
    let operation = (lock == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB
    do {
      _ = try retried("lock", path) { flock(descriptor, operation) }
      return true
    } catch  where error.code == EWOULDBLOCK {
      return false
    }
  }

  func unlock() throws(DiskError) {
    _ = try retried("unlock", path) { flock(descriptor, LOCK_UN) }
  }
}

/// Calls again as long as a signal interrupts.
func retried<Value: BinaryInteger>(
  _ operation: String,
  _ path: String,
  _ call: () -> Value
) throws(DiskError) -> Value {
  while true {
    let result = call()
    if result >= 0 { return result }
    if errno != EINTR { throw failure(operation, path) }
  }
}

func failure(_ operation: String, _ path: String, _ number: Int32? = nil) -> DiskError {
  let code = number ?? errno
  // Sound: the C string is copied before anything else runs; a message in another thread's words
  // would still be a message.
  let message = unsafe String(cString: strerror(code))
  return DiskError(
    operation: operation,
    path: path,
    code: code,
    message: message,
    isNoSpace: code == ENOSPC || code == EFBIG || code == EDQUOT,
    isNotFound: code == ENOENT || code == ENOTDIR
  )
}
