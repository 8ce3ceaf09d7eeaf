import LedgerFormat
package import LedgerLog
import LedgerProof

/// What others can check about a ledger: signed checkpoints, proofs of events, tiles.
///
/// Opening it folds nothing, so it starts fast however long the log is. Calls block on the disk.
public final class Evidence: Sendable {
  /// The folder.
  public let path: String
  /// The name by which checkpoints speak of the ledger.
  public let origin: String
  let reader: LogReader
  let disk: any Disk
  let checkpointGuard: CheckpointGuard
  private let isBesideWriter: Bool

  init(
    _ path: String,
    _ reader: LogReader,
    copies: [String],
    isBesideWriter: Bool,
    disk: any Disk = PosixDisk()
  ) throws(LedgerError) {
    guard reader.size > 0 else {
      throw .notALedger("The ledger in \(path) was never finished; run init again.")
    }
    self.path = path
    self.reader = reader
    self.disk = disk
    self.isBesideWriter = isBesideWriter
    origin = try Self.origin(reader)
    checkpointGuard = CheckpointGuard(path, copies: copies, disk: disk)
  }

  /// Opens the evidence of the ledger in a folder, whether or not some process writes to it.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - copies: Folders outside where checkpoints are kept too.
  /// - Returns: The evidence of what is there now.
  /// - Throws: ``LedgerError/notALedger(_:)``, ``LedgerError/damaged(_:at:)``,
  ///   ``LedgerError/inputOutput(_:)``.
  public static func open(
    at path: String,
    copies: [String] = []
  ) throws(LedgerError) -> Evidence {
    try open(at: path, copies: copies, disk: PosixDisk())
  }

  /// Opens the evidence of a ledger on another disk than the machine's.
  package static func open(
    at path: String,
    copies: [String] = [],
    disk: any Disk
  ) throws(LedgerError) -> Evidence {
    let reader = try onLog { () throws(LogError) in try LogReader.open(in: path, disk: disk) }
    return try Evidence(path, reader, copies: copies, isBesideWriter: false, disk: disk)
  }

  /// The number of events visible.
  public var size: Int { reader.size }

  /// The sizes there are checkpoints for in the ledger's folder, ascending.
  public func checkpointSizes() throws(LedgerError) -> [Int] {
    try checkpointGuard.stores[0].sizes()
  }

  /// The newest checkpoint in the ledger's folder; `nil` when none was signed yet.
  public func newestCheckpoint() throws(LedgerError) -> SignedCheckpoint? {
    try checkpointGuard.stores[0].newest()
  }

  /// Signs the log as it is durable now, and keeps the checkpoint in the ledger's folder and in every
  /// folder outside.
  ///
  /// Where nobody writes to the ledger, it is opened for writing for a moment, which makes durable
  /// what a crash may have left otherwise.
  ///
  /// - Parameters:
  ///   - signer: The key; its name is the ledger's origin.
  ///   - notice: Told when that opening cut a torn, never acknowledged tail.
  /// - Returns: The checkpoint, durable in all folders.
  /// - Throws: ``LedgerError/damaged(_:at:)`` when the log does not extend the checkpoints signed
  ///   before, ``LedgerError/badInput(_:)`` for a key of another name,
  ///   ``LedgerError/inputOutput(_:)``.
  public func sign(
    with signer: CheckpointSigner,
    notice: (String) -> Void = { _ in }
  ) throws(LedgerError) -> SignedCheckpoint {
    guard signer.name.utf8.elementsEqual(origin.utf8) else {
      throw .badInput(
        "The key is named \(signer.name), but the ledger in \(path) is \(origin); make a key with "
          + "keygen --name \(origin)."
      )
    }
    try check()
    let head = try durableHead(notice)
    let checkpoint = Checkpoint(origin: origin, size: head.size, root: head.root)
    let note = try onEvidence("The checkpoint") { () throws(ProofError) in
      var note = SignedNote(text: checkpoint.text)
      try note.sign(with: signer.key)
      return note
    }
    let signed = SignedCheckpoint(checkpoint, note)
    for store in checkpointGuard.stores { try store.keep(signed) }
    return signed
  }

  /// Compares the log with every checkpoint there is, in its folder and outside.
  ///
  /// - Returns: How many there are.
  /// - Throws: ``LedgerError/damaged(_:at:)`` that names the first one that the log does not extend,
  ///   ``LedgerError/badInput(_:)`` for one of another ledger, ``LedgerError/inputOutput(_:)``.
  @discardableResult
  public func check() throws(LedgerError) -> Int {
    let checkpoints = try checkpointGuard.all()
    try refresh()
    try checkpointGuard.compare(checkpoints, with: reader)
    return checkpoints.count
  }

  /// Checks a checkpoint that somebody kept: its signature, and that the log extends it.
  ///
  /// - Parameters:
  ///   - checkpoint: What was kept.
  ///   - verifier: The key it needs to be signed with.
  ///   - name: What the checkpoint is called in messages.
  /// - Throws: ``LedgerError/refused(_:)`` when it is not signed so, ``LedgerError/damaged(_:at:)`` when
  ///   the log does not extend it.
  public func check(
    _ checkpoint: SignedCheckpoint,
    with verifier: CheckpointVerifier,
    name: String = "the checkpoint"
  ) throws(LedgerError) {
    try checkpoint.verify(with: verifier, name: name)
    try refresh()
    try checkpointGuard.compare([(name, checkpoint)], with: reader)
  }

  /// Sees what was recorded since.
  func refresh() throws(LedgerError) {
    try onLog { () throws(LogError) in try reader.refresh() }
  }

  /// What is durable now.
  private func durableHead(
    _ notice: (String) -> Void
  ) throws(LedgerError) -> LogTip {
    if isBesideWriter { return reader.tip }
    do throws(LogError) {
      let (writer, recovery) = try LogWriter.open(in: path, disk: disk)
      let head = writer.reader().tip
      try writer.close()
      if let recovery { notice(recovery.description) }
      return head
    } catch .locked {
      // A new reader believes what the writer tells to be durable, and nothing else.
      return try onLog { () throws(LogError) in try LogReader.open(in: path, disk: disk).tip }
    } catch {
      throw LedgerError(error)
    }
  }

  /// The name in a log's first event by which checkpoints speak of it.
  static func origin(_ reader: LogReader) throws(LedgerError) -> String {
    let first = try onLog { () throws(LogError) in try reader.event(at: 0) }
    return first.metadata.source["origin"] ?? "trial-ledger"
  }
}

extension Ledger {
  /// What others can check about this ledger, from what it has open already.
  ///
  /// - Parameter copies: Folders outside where checkpoints are kept too.
  /// - Returns: The evidence; it goes on seeing what is recorded.
  /// - Throws: ``LedgerError/damaged(_:at:)``, ``LedgerError/inputOutput(_:)``.
  public func evidence(copies: [String] = []) throws(LedgerError) -> Evidence {
    try Evidence(path, reader, copies: copies, isBesideWriter: (try? writer()) != nil)
  }
}
