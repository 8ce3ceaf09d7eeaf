import Foundation

/// A folder as the system knows it, whichever path leads there: links, `..` and relative paths are the
/// system's to follow.
struct FolderIdentity: Equatable {
  private let device: Int
  private let number: Int

  /// The folder at `path`; `nil` where there is none.
  init?(_ path: String) {
    // The dot has a link to a folder followed, and stands for the folder of an empty path.
    guard
      let attributes = try? FileManager.default.attributesOfItem(
        atPath: path.isEmpty ? "." : "\(path)/."
      ),
      let device = (attributes[.systemNumber] as? NSNumber)?.intValue,
      let number = (attributes[.systemFileNumber] as? NSNumber)?.intValue
    else { return nil }
    self.device = device
    self.number = number
  }

  /// Whether `path` is the folder or lies inside it, however deep; what is not there yet lies where it
  /// would be made.
  ///
  /// - Complexity: O(depth) calls of the system.
  func contains(_ path: String) -> Bool {
    var place = path
    while FolderIdentity(place) == nil {
      guard !place.isEmpty, place != "/" else { return false }
      place = Self.parent(of: place)
    }
    var folder = FolderIdentity(place)
    while let current = folder {
      if current == self { return true }
      place = place.isEmpty ? ".." : "\(place)/.."
      let above = FolderIdentity(place)
      // The root is its own parent.
      folder = above == current ? nil : above
    }
    return false
  }

  /// The path without its last name; empty for a single name.
  static func parent(of path: String) -> String {
    var path = path[...]
    while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// Asks that a folder can be made at `path`, as only the last name of a path is ever made.
///
/// - Throws: ``LedgerError/badInput(_:)`` when the folder that it would be in is not there.
func requireParent(of path: String) throws(LedgerError) {
  let parent = FolderIdentity.parent(of: path)
  guard FolderIdentity(path) == nil, FolderIdentity(parent) == nil else { return }
  throw .badInput("There is no folder \(parent); make it first, or choose another path.")
}
