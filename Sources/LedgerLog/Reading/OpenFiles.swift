internal import Synchronization

/// The files of a log that are open for reading, so that each read need not open one.
final class OpenFiles: Sendable {
  private let files = Mutex<[String: any DiskFile]>([:])
  private let disk: any Disk
  /// How many are kept; a ledger of many segments must not use up the process's descriptors.
  private static let countMax = 192

  init(_ disk: any Disk) {
    self.disk = disk
  }

  /// The open file of that path.
  func file(_ path: String) throws(DiskError) -> any DiskFile {
    if let file = files.withLock({ $0[path] }) { return file }
    let file: any DiskFile
    do {
      file = try disk.open(path, for: .reading)
    } catch  where !error.isNotFound {
      // When descriptors have run out, those kept here are not needed.
      files.withLock { $0.removeAll() }
      file = try disk.open(path, for: .reading)
    }
    files.withLock { files in
      if files.count >= Self.countMax { files.removeAll(keepingCapacity: true) }
      files[path] = file
    }
    return file
  }

  /// Lets go of a file that is not needed any more.
  func close(_ path: String) {
    files.withLock { $0[path] = nil }
  }
}
