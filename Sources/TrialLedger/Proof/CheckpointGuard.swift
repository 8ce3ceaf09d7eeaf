import LedgerLog
import LedgerProof

/// Compares a log with what was signed about it, so that a folder restored from an old copy, or
/// written anew, is not taken for the ledger.
struct CheckpointGuard: Sendable {
  /// Where checkpoints are: the ledger's own folder first, then those outside.
  let stores: [CheckpointStore]
  private let path: String
  private let disk: any Disk

  /// The guard of the ledger in a folder.
  init(_ path: String, copies: [String], disk: any Disk = PosixDisk()) {
    self.path = path
    self.disk = disk
    stores =
      [CheckpointStore(ofLedger: path, disk: disk)]
      + copies.map { CheckpointStore($0, disk: disk) }
  }

  /// Refuses a log that is shorter than the newest checkpoint of any store, or has another root.
  ///
  /// To be called before a log is opened for writing, since recovery may cut its end. Reads only.
  ///
  /// - Throws: ``LedgerError/damaged(_:at:)`` that names log and checkpoint,
  ///   ``LedgerError/badInput(_:)`` for checkpoints of another ledger, ``LedgerError/inputOutput(_:)``.
  /// - Complexity: O(log segments) beside reading the log's headers, and that only where there are
  ///   checkpoints; the root of an older size is a segment away.
  func check() throws(LedgerError) {
    try checkCopiesAreThere()
    // Before the log is looked at: one that is signed meanwhile may be of a longer one.
    let newest = try newest()
    guard !newest.isEmpty else { return }
    let reader = try onLog { () throws(LogError) in try LogReader.open(in: path, disk: disk) }
    try compare(newest, with: reader)
  }

  /// A folder of copies that is not there, as when its disk is not mounted, must not pass for one
  /// without checkpoints once the ledger has signed any.
  private func checkCopiesAreThere() throws(LedgerError) {
    guard stores.count > 1, try stores[0].newest() != nil else { return }
    for store in stores.dropFirst() where try !store.isThere() {
      throw .inputOutput(
        "The folder \(store.folder) with copies of checkpoints is not there; mount it, or make it."
      )
    }
  }

  /// The newest checkpoint of each store that has one, with its file.
  func newest() throws(LedgerError) -> [(file: String, checkpoint: SignedCheckpoint)] {
    var found: [(file: String, checkpoint: SignedCheckpoint)] = []
    for store in stores {
      guard let checkpoint = try store.newest() else { continue }
      found.append((store.path(ofSize: checkpoint.size), checkpoint))
    }
    return found
  }

  /// All checkpoints of all stores, with their files.
  func all() throws(LedgerError) -> [(file: String, checkpoint: SignedCheckpoint)] {
    var found: [(file: String, checkpoint: SignedCheckpoint)] = []
    for store in stores {
      for size in try store.sizes() {
        found.append((store.path(ofSize: size), try store.checkpoint(ofSize: size)))
      }
    }
    return found
  }

  /// Refuses a log that does not extend each of the checkpoints.
  func compare(
    _ checkpoints: [(file: String, checkpoint: SignedCheckpoint)],
    with reader: LogReader
  ) throws(LedgerError) {
    guard !checkpoints.isEmpty else { return }
    let size = reader.size
    let origin = size > 0 ? try Evidence.origin(reader) : nil
    for (file, checkpoint) in checkpoints {
      guard checkpoint.size <= size else {
        throw .damaged(
          "The log in \(path) has \(size) events, but \(file) was signed for \(checkpoint.size): "
            + "it is older than its checkpoint; restore the newest copy, nothing was changed."
        )
      }
      if let origin, !origin.utf8.elementsEqual(checkpoint.origin.utf8) {
        throw .badInput(
          "\(file) is a checkpoint of \(checkpoint.origin), and the ledger in \(path) is "
            + "\(origin); keep the checkpoints of each ledger in a folder of its own."
        )
      }
      let root = try onLog { () throws(LogError) in try reader.root(at: checkpoint.size) }
      guard root == checkpoint.checkpoint.root else {
        throw .damaged(
          "The first \(checkpoint.size) events of the log in \(path) have the root \(root), but "
            + "\(file) was signed for \(checkpoint.checkpoint.root): it is another history; keep "
            + "both, nothing was changed."
        )
      }
    }
  }
}
