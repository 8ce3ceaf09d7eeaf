import Foundation
import LedgerTestSupport

/// The package's files, as git knows them or, where there is no git, as they lie in the folder.
struct PackageTree {
  /// The package's folder.
  let root: URL
  /// Every file's path from the root, with `/`, sorted: tracked, or new and not ignored.
  let paths: [String]

  /// This package, found from this file's place in it.
  static let current: PackageTree = PackageTree(
    root: URL(filePath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  )
  /// Its Swift files.
  static let swift: [SourceText] = current.swiftFiles

  /// The tree at `root`.
  init(root: URL) {
    self.root = root
    let found = Self.pathsFromGit(root) ?? Self.pathsFromFolder(root)
    // A file that was deleted and not yet committed is still in git's list.
    paths = found.filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }
      .sorted()
  }

  /// The text of the file at `path`; bytes that are no UTF-8 are replaced.
  func text(of path: String) -> String {
    // A file that vanished since the listing has no text to check.
    let data = (try? Data(contentsOf: root.appending(path: path))) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  /// The paths below `folder`, which has no `/` at its end.
  func paths(below folder: String) -> [String] {
    paths.filter { $0.hasPrefix(folder + "/") }
  }

  private var swiftFiles: [SourceText] {
    paths.filter { $0.hasSuffix(".swift") }.map { SourceText(path: $0, text: text(of: $0)) }
  }

  private static func pathsFromGit(_ root: URL) -> [String]? {
    guard FileManager.default.fileExists(atPath: root.appending(path: ".git").path) else {
      return nil
    }
    let process = ChildProcess()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "git", "-C", root.path, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
      let data = try output.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      guard process.terminationStatus == 0, !data.isEmpty else { return nil }
      return Set(data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }).sorted()
    } catch {
      return nil
    }
  }

  private static func pathsFromFolder(_ root: URL) -> [String] {
    let files = FileManager.default.enumerator(
      at: root,
      includingPropertiesForKeys: [.isDirectoryKey]
    )
    let prefix = root.path.hasSuffix("/") ? root.path : root.path + "/"
    var paths: [String] = []
    while let file = files?.nextObject() as? URL {
      // A file that vanished while listing is not part of the tree.
      let isFolder = (try? file.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
      let path = String(file.path.dropFirst(prefix.count))
      if path == ".git" || path.hasPrefix(".build") || path == ".swiftpm" {
        files?.skipDescendants()
      } else if !isFolder {
        paths.append(path)
      }
    }
    return paths
  }
}
