import Foundation
import LedgerFormat
import LedgerLog
import LedgerProof

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What writing a log's tiles has done.
public struct TileExportReport: Equatable, Sendable {
  /// The checkpoint that the folder now ends in.
  public let checkpoint: SignedCheckpoint
  /// The number of events that the folder covered before; 0 for a new one.
  public let previousSize: Int
  /// The number of tiles and bundles written.
  public let fileCount: Int
}

extension Evidence {
  /// Writes the log as static files, C2SP tlog-tiles: what a web server needs to let others check
  /// it.
  ///
  /// A folder that was written before gets what is new: full tiles are never written again, and no
  /// file that is there is changed but `checkpoint`, which comes last.
  ///
  /// - Parameters:
  ///   - folder: Where; made if it is not there.
  ///   - checkpoint: How far; `nil` is the newest in the ledger's folder.
  ///   - progress: Told how far it is, from the calling thread.
  /// - Returns: What was done.
  /// - Throws: ``LedgerError/badInput(_:)`` for a folder with something else in it,
  ///   ``LedgerError/damaged(_:at:)`` when the log does not extend the folder's checkpoint or the new
  ///   one, ``LedgerError/inputOutput(_:)``.
  /// - Complexity: O(new events), and O(1) memory.
  public func exportTiles(
    to folder: String,
    against checkpoint: SignedCheckpoint? = nil,
    progress: (@Sendable (Ledger.Progress) -> Void)? = nil
  ) throws(LedgerError) -> TileExportReport {
    let checkpoint = try usable(checkpoint)
    try checkpointGuard.compare([("the checkpoint", checkpoint)], with: reader)
    var writer = TileWriter(folder, disk)
    let previous = try writer.previousCheckpoint()
    if let previous {
      try checkpointGuard.compare([(writer.checkpointPath, previous)], with: reader)
      guard previous.size <= checkpoint.size else {
        throw .badInput(
          "\(folder) has \(previous.size) events already; the checkpoint covers only "
            + "\(checkpoint.size)."
        )
      }
      try writer.resume(at: previous.size)
    }
    let start = writer.size
    var problem: LedgerError?
    try onLog { () throws(LogError) in
      try reader.forEachEvent(from: start, to: checkpoint.size) { event in
        do throws(LedgerError) {
          try writer.append(canonicalBytes(of: event))
        } catch {
          problem = error
          return false
        }
        if writer.size.isMultiple(of: 1_024) {
          progress?(
            Ledger.Progress(
              phase: "exporting tiles",
              done: writer.size - start,
              total: checkpoint.size - start
            )
          )
        }
        return true
      }
    }
    if let problem { throw problem }
    guard writer.root == checkpoint.checkpoint.root else {
      throw .badInput(
        "The tiles in \(folder) are not those of this ledger; export to an empty folder."
      )
    }
    try writer.finish(with: checkpoint)
    return TileExportReport(
      checkpoint: checkpoint,
      previousSize: previous?.size ?? 0,
      fileCount: writer.fileCount
    )
  }
}

/// Writes tiles and bundles as events come, and remembers the tree's right edge.
private struct TileWriter {
  private let folder: String
  private let disk: any Disk
  private var edge = TileEdge()
  private var bundle = EntryBundle()
  private var folders: Set<String> = []
  private(set) var fileCount = 0

  init(_ folder: String, _ disk: any Disk) {
    self.folder = folder
    self.disk = disk
  }

  /// The number of events so far.
  var size: Int { edge.size }
  /// The root over them.
  var root: Hash256 { edge.compactRange.root }
  /// The file that says how far the tiles go.
  var checkpointPath: String { "\(folder)/checkpoint" }

  /// The checkpoint that the folder ends in; `nil` for a new folder.
  func previousCheckpoint() throws(LedgerError) -> SignedCheckpoint? {
    let names = try onDisk { () throws(DiskError) in try disk.names(in: folder) } ?? []
    guard names.contains("checkpoint") else {
      // What an interrupted export leaves is written again.
      guard names.allSatisfy({ $0 == "tile" || $0.hasSuffix(".new") }) else {
        throw .badInput("\(folder) holds something else already; choose another folder.")
      }
      return nil
    }
    return try SignedCheckpoint(
      reading: try read(checkpointPath, atMost: SignedNote.byteCountMax + 1),
      name: checkpointPath
    )
  }

  /// Goes on behind the last full bundle of a folder with `previousSize` events.
  ///
  /// The tiles there are not trusted: the root that they lead to is compared at the end.
  mutating func resume(at previousSize: Int) throws(LedgerError) {
    var partial: [Int: [Hash256]] = [:]
    for tile in Tile.partial(ofSize: previousSize) {
      guard case .hashes(let level) = tile.content, level > 0 else { continue }
      let path = "\(folder)/\(tile.path)"
      let bytes = try read(path, atMost: Tile.widthMax * Hash256.byteCount + 1)
      partial[level] = try onEvidence(path) { () throws(ProofError) in
        try tileHashes(bytes, width: tile.width)
      }
    }
    let fullSize = previousSize / Tile.widthMax * Tile.widthMax
    guard let edge = TileEdge(size: fullSize, partial: partial) else {
      preconditionFailure("the tiles of a size are those that its edge needs")
    }
    self.edge = edge
  }

  /// Appends an event by its canonical bytes.
  mutating func append(_ event: [UInt8]) throws(LedgerError) {
    bundle.append(event)
    var full: [(tile: Tile, hashes: [Hash256])] = []
    edge.append(MerkleHash.leaf(event.span)) { full.append(($0, $1)) }
    for (tile, hashes) in full { try write(tileBytes(hashes), to: tile) }
    if bundle.count == Tile.widthMax {
      try write(bundle.bytes, to: Tile(.entries, index: edge.size / Tile.widthMax - 1))
      bundle.removeAll()
    }
  }

  /// Writes what is partial and makes all durable; the checkpoint comes last.
  mutating func finish(with checkpoint: SignedCheckpoint) throws(LedgerError) {
    for (tile, hashes) in edge.partialTiles { try write(tileBytes(hashes), to: tile) }
    if bundle.count > 0 {
      let index = edge.size / Tile.widthMax
      try write(bundle.bytes, to: Tile(.entries, index: index, width: bundle.count))
    }
    try makeFolder(folder)
    // Once for all tiles, which costs less than once for each of hundreds of thousands.
    sync()
    let (path, bytes) = (checkpointPath, checkpoint.bytes)
    try onDisk { () throws(DiskError) in try disk.replace(path, with: bytes) }
  }

  private mutating func write(_ bytes: [UInt8], to tile: Tile) throws(LedgerError) {
    let path = "\(folder)/\(tile.path)"
    try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    try onDisk { () throws(DiskError) in
      let unfinished = "\(path).new"
      try disk.remove(unfinished)
      let file = try disk.create(unfinished)
      try file.write(bytes.span, at: 0)
      try disk.rename(unfinished, to: path)
    }
    fileCount += 1
  }

  /// Makes a folder and those above it, once.
  private mutating func makeFolder(_ path: String) throws(LedgerError) {
    guard folders.insert(path).inserted else { return }
    do {
      try FileManager.default.createDirectory(
        atPath: path,
        withIntermediateDirectories: true
      )
    } catch {
      throw .inputOutput("cannot make \(path): \(error.localizedDescription)")
    }
  }

  private func read(_ path: String, atMost count: Int) throws(LedgerError) -> [UInt8] {
    try onDisk { () throws(DiskError) in
      let file = try disk.open(path, for: .reading)
      let count = min(count, try file.byteCount())
      var bytes = [UInt8](repeating: 0, count: count)
      let got = try file.read(count, at: 0, into: &bytes)
      return Array(bytes.prefix(got))
    }
  }
}
