import Foundation
import LedgerTestSupport

/// A folder on which something is mounted, until the value goes away.
final class MountedFolder {
  private let place: TemporaryFolder

  /// Mounts it, or gives `nil` where the system lets nobody mount, as in most containers.
  ///
  /// - Parameter words: The arguments of `mount` before the folder.
  /// - Throws: When `mount` cannot be started.
  init?(_ words: [String]) throws {
    place = try TemporaryFolder()
    guard try Self.run(["mount"] + words + [place.path]) else { return nil }
  }

  deinit {
    // What is still mounted then stays until the machine goes.
    _ = try? Self.run(["umount", place.path])
  }

  /// Where it is.
  var path: String { place.path }

  /// Fills a file with all that is free but for so many bytes.
  func fill(_ file: String, keeping byteCount: Int) throws {
    try Data().write(to: URL(filePath: file))
    let filler = try FileHandle(forWritingTo: URL(filePath: file))
    defer { try? filler.close() }
    var count = 0
    while count < 16 << 20, (try? filler.write(contentsOf: Data(count: 4_096))) != nil {
      count += 4_096
    }
    try filler.truncate(atOffset: UInt64(max(0, count - byteCount)))
  }

  /// Runs a command, without its words.
  ///
  /// - Returns: Whether it ended well.
  static func run(_ words: [String]) throws -> Bool {
    let process = ChildProcess()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
