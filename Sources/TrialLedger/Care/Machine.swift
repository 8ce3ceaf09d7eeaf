import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What the system says about a folder and this process; what it does not say is `nil`.
struct Machine {
  /// Whether the folder is there.
  let folderExists: Bool
  /// Whether this process may write in it.
  let isWritable: Bool
  /// Whether the folder belongs to the user of this process.
  let isOwner: Bool
  /// What is free for this user on its file system, in bytes.
  let freeByteCount: Int?
  /// The name of its file system's type, such as `ext4`.
  let fileSystemType: String?
  /// How many files this process may have open.
  let descriptorCountMax: Int?

  /// Asks the system about the folder.
  init(at path: String) {
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    // Sound: the call writes one value, which outlives it.
    folderExists =
      unsafe manager.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
    isWritable = manager.isWritableFile(atPath: path)
    // What cannot be asked is not known, whatever the reason.
    let attributes = try? manager.attributesOfItem(atPath: path)
    let owner = (attributes?[.ownerAccountID] as? NSNumber)?.uint32Value
    isOwner = owner.map { $0 == geteuid() } ?? true
    let system = try? manager.attributesOfFileSystem(forPath: path)
    freeByteCount = (system?[.systemFreeSize] as? NSNumber)?.intValue
    let resolved = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
    fileSystemType = Self.fileSystemType(of: resolved)
    descriptorCountMax = Self.descriptorLimit()
  }

  /// The process that has `path` locked for itself; `nil` where none has, or nobody can tell.
  static func lockHolder(_ path: String) -> Int? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let inode = (attributes[.systemFileNumber] as? NSNumber)?.intValue,
      let text = text("/proc/locks")
    else { return nil }
    // 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF
    for line in text.split(separator: "\n") {
      let fields = line.split(whereSeparator: { $0 == " " })
      guard fields.count > 5, fields[1] == "FLOCK", fields[3] == "WRITE",
        fields[5].split(separator: ":").last.flatMap({ Int($0) }) == inode
      else { continue }
      // A process of another container has no number here.
      return Int(fields[4]).flatMap { $0 > 0 ? $0 : nil }
    }
    return nil
  }

  /// The type of the mount that a path is under: of those whose place begins the path, the longest,
  /// and of equally long ones the newest.
  private static func fileSystemType(of path: String) -> String? {
    guard let text = text("/proc/self/mountinfo") else { return nil }
    var best: (place: String, type: String)?
    // Number, parent, device, its folder, place, options, a dash, type, source, options.
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count
      else { continue }
      let place = String(fields[4]).replacing("\\040", with: " ")
      let isAbove = place == "/" || path == place || path.hasPrefix(place + "/")
      if isAbove, place.utf8.count >= (best?.place.utf8.count ?? 0) {
        best = (place, String(fields[dash + 1]))
      }
    }
    return best?.type
  }

  private static func descriptorLimit() -> Int? {
    // Max open files            1024                 524288               files
    guard
      let line = text("/proc/self/limits")?.split(separator: "\n")
        .first(where: { $0.hasPrefix("Max open files") })
    else { return nil }
    return line.split(separator: " ").compactMap { Int($0) }.first
  }

  /// A file of the system's own, whole; `nil` where it is not there or cannot be read.
  ///
  /// Such files have no size and come in short reads; Foundation takes the first of them for the
  /// end (swift-foundation's `readBytesFromFile`), and a long list of locks would be cut.
  static func text(_ path: String) -> String? {
    // Sound: the call reads the path, which outlives it.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      // Sound: the call writes at most the buffer's length, which it is given.
      let count = unsafe part.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += part[..<count]
    }
  }
}
