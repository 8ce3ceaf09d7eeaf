import LedgerLog
import LedgerProof

/// A folder of checkpoints, each in a file named by its size in 20 digits; none is ever removed.
struct CheckpointStore: Sendable {
  /// Where they are.
  let folder: String
  let disk: any Disk

  /// The checkpoints in a folder, which need not exist yet.
  init(_ folder: String, disk: any Disk = PosixDisk()) {
    self.folder = folder
    self.disk = disk
  }

  /// Those that a ledger keeps in its own folder.
  init(ofLedger path: String, disk: any Disk = PosixDisk()) {
    self.init("\(path)/checkpoints", disk: disk)
  }

  /// Whether there is such a folder.
  func isThere() throws(LedgerError) -> Bool {
    try onDisk { () throws(DiskError) in try disk.names(in: folder) } != nil
  }

  /// The sizes there are checkpoints for, ascending.
  func sizes() throws(LedgerError) -> [Int] {
    let names = try onDisk { () throws(DiskError) in try disk.names(in: folder) } ?? []
    return names.compactMap(Self.size).sorted()
  }

  /// The checkpoint of a size.
  ///
  /// - Throws: ``LedgerError/damaged(_:at:)`` when the file is not a checkpoint of that size,
  ///   ``LedgerError/inputOutput(_:)``.
  func checkpoint(ofSize size: Int) throws(LedgerError) -> SignedCheckpoint {
    let path = path(ofSize: size)
    let bytes = try onDisk { () throws(DiskError) in
      let file = try disk.open(path, for: .reading)
      let count = min(try file.byteCount(), SignedNote.byteCountMax + 1)
      var bytes = [UInt8](repeating: 0, count: count)
      let got = try file.read(count, at: 0, into: &bytes)
      return Array(bytes.prefix(got))
    }
    guard let checkpoint = try? SignedCheckpoint(reading: bytes), checkpoint.size == size else {
      throw .damaged("\(path) is not a checkpoint of \(size) events; restore it from a copy.")
    }
    return checkpoint
  }

  /// The checkpoint of the largest size; `nil` when there is none.
  func newest() throws(LedgerError) -> SignedCheckpoint? {
    guard let size = try sizes().last else { return nil }
    return try checkpoint(ofSize: size)
  }

  /// Keeps a checkpoint: durable once this returns, whole or not there before.
  ///
  /// One of the same size that is there already gets the signatures that it lacks.
  ///
  /// - Throws: ``LedgerError/damaged(_:at:)`` when another history was signed for the size,
  ///   ``LedgerError/inputOutput(_:)``.
  func keep(_ checkpoint: SignedCheckpoint) throws(LedgerError) {
    var kept = checkpoint
    let path = path(ofSize: checkpoint.size)
    if try sizes().contains(checkpoint.size) {
      let existing = try self.checkpoint(ofSize: checkpoint.size)
      guard existing.checkpoint == checkpoint.checkpoint else {
        throw .damaged(
          "\(path) says \(existing.origin) has the root \(existing.checkpoint.root) at "
            + "\(checkpoint.size) events; \(checkpoint.origin) has \(checkpoint.checkpoint.root)."
        )
      }
      kept = existing.merged(with: checkpoint)
    }
    // Written and synced again also where nothing is new: a crash may have come before the folder
    // was synced.
    let bytes = kept.bytes
    try onDisk { () throws(DiskError) in
      try disk.createFolder(folder)
      try disk.replace(path, with: bytes)
      try disk.syncFolder("\(folder)/..")
    }
  }

  /// Moves the checkpoints that cover more than `size` events below another folder, after the loss of
  /// those events was accepted; they stay evidence of what there was.
  ///
  /// Durable once this returns.
  func setAside(above size: Int, to kept: String) throws(DiskError) {
    let lost = (try disk.names(in: folder) ?? []).compactMap(Self.size).filter { $0 > size }
    let aside = CheckpointStore("\(kept)/checkpoints", disk: disk)
    // Where some were moved before, the kill may have come before they were synced.
    let isThere = try disk.names(in: aside.folder) != nil
    guard isThere || !lost.isEmpty else { return }
    try disk.createFolder(aside.folder)
    try disk.syncFolder(kept)
    for size in lost { try disk.rename(path(ofSize: size), to: aside.path(ofSize: size)) }
    try disk.syncFolder(aside.folder)
    try disk.syncFolder(folder)
  }

  /// The file of a size.
  func path(ofSize size: Int) -> String {
    let digits = String(size)
    return "\(folder)/\(String(repeating: "0", count: 20 - digits.utf8.count))\(digits)"
  }

  private static func size(_ name: String) -> Int? {
    guard name.utf8.count == 20,
      name.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let size = Int(name), size <= Checkpoint.sizeMax
    else { return nil }
    return size
  }
}

extension Disk {
  /// Gives a file new bytes, all or nothing, durable once this returns.
  func replace(_ path: String, with bytes: [UInt8]) throws(DiskError) {
    // Random, so that two processes never write to the same one.
    let unfinished = "\(path).\(UInt64.random(in: 0...UInt64.max)).new"
    let file = try create(unfinished)
    try file.write(bytes.span, at: 0)
    try file.sync()
    try rename(unfinished, to: path)
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
    try syncFolder(folder.isEmpty ? "/" : folder)
  }
}
