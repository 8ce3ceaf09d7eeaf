/// The system calls that a log needs, so that tests can stand in for the disk.
///
/// Calls block, and retry `EINTR` by themselves. What is not synced may be lost or torn by a crash:
/// bytes until ``DiskFile/sync()``, names until ``syncFolder(_:)``.
package protocol Disk: Sendable {
  /// Opens a file that is there.
  func open(_ path: String, for access: DiskAccess) throws(DiskError) -> any DiskFile
  /// Makes a new, empty file; fails with `EEXIST` when there is one.
  func create(_ path: String) throws(DiskError) -> any DiskFile
  /// Makes a folder; one that is there already is fine.
  func createFolder(_ path: String) throws(DiskError)
  /// The names in a folder, in no order; `nil` when there is no such folder.
  func names(in folder: String) throws(DiskError) -> [String]?
  /// Gives a file another name, atomically.
  func rename(_ path: String, to newPath: String) throws(DiskError)
  /// Removes a file; one that is not there is fine.
  func remove(_ path: String) throws(DiskError)
  /// Makes the names in a folder durable.
  func syncFolder(_ path: String) throws(DiskError)
  /// Waits a little, for somebody else to let go of a lock.
  func pause(milliseconds: Int)
}

/// What a file is opened for.
package enum DiskAccess: Sendable {
  case reading
  case readingAndWriting
}

/// A file that is open; it is closed, and its lock given back, when the value goes away.
package protocol DiskFile: AnyObject, Sendable {
  /// Reads up to `count` bytes from `offset` on to the start of `buffer`.
  ///
  /// - Precondition: `buffer` has at least `count` bytes.
  /// - Returns: How many there were; fewer only at the end of the file.
  func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws(DiskError) -> Int
  /// Says that a range will be read soon, so that the system may fetch it meanwhile; never waits.
  func willRead(_ range: Range<Int>)
  /// Writes all `bytes` from `offset` on; after an error any part of them may be there.
  func write(_ bytes: Span<UInt8>, at offset: Int) throws(DiskError)
  /// Makes the file's bytes and size durable (`fdatasync`).
  func sync() throws(DiskError)
  /// Cuts the file.
  func truncate(to byteCount: Int) throws(DiskError)
  /// The size, in bytes.
  func byteCount() throws(DiskError) -> Int
  /// Tries to lock the file against other opened files, also of this process (`flock`); never
  /// waits.
  ///
  /// - Returns: Whether it is locked now.
  func tryLock(_ lock: DiskLock) throws(DiskError) -> Bool
  /// Gives the lock back.
  func unlock() throws(DiskError)
}

extension DiskFile {
  package func willRead(_ range: Range<Int>) {}
}

/// How a file is locked.
package enum DiskLock: Sendable {
  /// Beside other shared locks.
  case shared
  /// Alone.
  case exclusive
}

/// A system call that failed.
package struct DiskError: Error, Equatable, Sendable {
  /// What was tried, such as `write`.
  package let operation: String
  /// On which file or folder.
  package let path: String
  /// The system's number of the error.
  package let code: Int32
  /// The system's sentence for it.
  package let message: String
  /// Whether the disk is full or the file may not grow, which may pass.
  package let isNoSpace: Bool
  /// Whether there is no such file.
  package let isNotFound: Bool

  /// A failed call.
  package init(
    operation: String,
    path: String,
    code: Int32,
    message: String,
    isNoSpace: Bool = false,
    isNotFound: Bool = false
  ) {
    self.operation = operation
    self.path = path
    self.code = code
    self.message = message
    self.isNoSpace = isNoSpace
    self.isNotFound = isNotFound
  }
}

extension DiskError: CustomStringConvertible {
  /// What was tried, where and what the system said, without a full stop.
  package var description: String { "\(operation) of \(path) failed: \(message)" }
}
