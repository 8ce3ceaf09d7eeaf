internal import LedgerFormat

/// What a simulated disk holds at one moment: what programs see, and what a power cut would leave.
struct DiskImage: Sendable {
  enum Change: Sendable {
    case write(Int, [UInt8])
    case truncate(Int)
  }

  struct Node: Sendable {
    var live: [UInt8] = []
    var durable: [UInt8] = []
    var unsynced: [Change] = []
    var exclusive: ObjectIdentifier?
    var shared: Set<ObjectIdentifier> = []
  }

  enum NameChange: Sendable {
    case create(String, Int)
    case createFolder(String)
    case rename(String, String)
    case remove(String)

    /// The folder whose sync makes the change durable.
    var folder: String {
      switch self {
      case .create(let path, _), .createFolder(let path), .rename(_, let path), .remove(let path):
        DiskImage.folder(of: path)
      }
    }
  }

  /// Which names stand for what.
  struct Names: Sendable {
    var files: [String: Int] = [:]
    var folders: Set<String> = [""]

    mutating func apply(_ change: NameChange) {
      switch change {
      case .create(let path, let index): files[path] = index
      case .createFolder(let path): folders.insert(path)
      case .rename(let path, let newPath):
        guard let index = files[path] else { return }
        files[newPath] = index
        files[path] = nil
      case .remove(let path): files[path] = nil
      }
    }

    /// The files that can be reached from the first folder.
    var reachable: Names {
      var names = self
      names.folders = folders.filter { isReachable($0) }
      names.files = files.filter { isReachable(DiskImage.folder(of: $0.key)) }
      return names
    }

    private func isReachable(_ folder: String) -> Bool {
      folder.isEmpty || (folders.contains(folder) && isReachable(DiskImage.folder(of: folder)))
    }
  }

  var nodes: [Node] = []
  var names = Names()
  var durableNames = Names()
  var unsyncedNames: [NameChange] = []

  /// The folder that holds the file or folder at `path`.
  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  mutating func change(_ change: NameChange) {
    names.apply(change)
    unsyncedNames.append(change)
  }

  /// Makes the names in a folder durable; other folders keep theirs for themselves.
  mutating func syncFolder(_ folder: String) {
    for change in unsyncedNames where change.folder == folder { durableNames.apply(change) }
    unsyncedNames.removeAll { $0.folder == folder }
  }

  mutating func syncFile(_ index: Int) {
    for change in nodes[index].unsynced {
      switch change {
      case .write(let offset, let bytes): Self.put(bytes, at: offset, in: &nodes[index].durable)
      case .truncate(let byteCount): nodes[index].durable.resize(to: byteCount)
      }
    }
    nodes[index].unsynced = []
  }

  mutating func write(_ bytes: [UInt8], at offset: Int, to index: Int) {
    Self.put(bytes, at: offset, in: &nodes[index].live)
    nodes[index].unsynced.append(.write(offset, bytes))
  }

  /// Every file as programs see it.
  var files: [String: [UInt8]] { names.files.mapValues { nodes[$0].live } }

  static func put(_ written: [UInt8], at offset: Int, in bytes: inout [UInt8]) {
    guard !written.isEmpty else { return }
    if bytes.count < offset + written.count { bytes.resize(to: offset + written.count) }
    bytes.replaceSubrange(offset..<(offset + written.count), with: written)
  }
}

extension DiskImage {
  /// What a power cut leaves: what was synced, and of the rest what the seed says.
  ///
  /// Names go missing from the last one back, as a journal loses them, or one by one, as nothing
  /// forbids.
  func crashed(seed: UInt64) -> (files: [String: [UInt8]], folders: Set<String>) {
    var generator = SeededGenerator(seed: seed)
    var kept = durableNames
    if Bool.random(using: &generator) {
      let count = Int.random(in: 0...unsyncedNames.count, using: &generator)
      for change in unsyncedNames.prefix(count) { kept.apply(change) }
    } else {
      for change in unsyncedNames where Bool.random(using: &generator) { kept.apply(change) }
    }
    kept = kept.reachable
    var files: [String: [UInt8]] = [:]
    for (path, index) in kept.files.sorted(by: { $0.key < $1.key }) {
      files[path] = Self.crashed(nodes[index], &generator)
    }
    return (files, kept.folders)
  }

  /// A file of which each unsynced change is there, is not, or is there in part: by sectors that
  /// are written, zero, garbage or missing, in any order.
  ///
  /// Bytes that were durable and are written over are never garbage: disks and file systems keep
  /// one or the other ("powersafe overwrite" in SQLite's words).
  private static func crashed(_ node: Node, _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = node.durable
    let style = Int.random(in: 0..<5, using: &generator)
    for change in node.unsynced {
      switch change {
      case .truncate(let byteCount):
        if Bool.random(using: &generator) { bytes.resize(to: byteCount) }
      case .write(let offset, let written):
        switch style {
        case 0: continue
        case 1: put(written, at: offset, in: &bytes)
        case 2:
          let count = Int.random(in: 0...written.count, using: &generator)
          put(Array(written.prefix(count)), at: offset, in: &bytes)
        case 3: bytes.resize(to: max(bytes.count, offset + written.count))
        default: putSectors(written, at: offset, in: &bytes, over: node.durable, &generator)
        }
      }
    }
    return bytes
  }

  private static func putSectors(
    _ written: [UInt8],
    at offset: Int,
    in bytes: inout [UInt8],
    over durable: [UInt8],
    _ generator: inout SeededGenerator
  ) {
    let sector = 1 << Int.random(in: 4...9, using: &generator)
    // The file may grow before its bytes are there.
    if Bool.random(using: &generator) { bytes.resize(to: max(bytes.count, offset + written.count)) }
    for start in stride(from: 0, to: written.count, by: sector) {
      let end = min(start + sector, written.count)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: continue
      case 1:
        let garbage = (start..<end).map { _ in UInt8.random(in: 0...255, using: &generator) }
        // What is overwritten is as it was or as it shall be; garbage stands in new room only.
        let old = max(0, min(durable.count, offset + end) - (offset + start))
        let kept = durable.dropFirst(offset + start).prefix(old)
        put(Array(kept) + garbage.dropFirst(kept.count), at: offset + start, in: &bytes)
      default: put(Array(written[start..<end]), at: offset + start, in: &bytes)
      }
    }
  }
}
