import Foundation
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing
import TrialLedger

/// A log of random events that grows, and the key of its checkpoints.
final class EvidenceFixture {
  static let origin = "trial-ledger"
  let folder: TemporaryFolder
  let signer: CheckpointSigner
  private(set) var lines: [[UInt8]] = []
  private var events: RandomEvents
  private var generator: SeededGenerator

  /// A log without events.
  init(seed: UInt64) throws {
    folder = try TemporaryFolder()
    signer = try CheckpointSigner.generate(name: Self.origin)
    events = RandomEvents(seed: seed)
    generator = SeededGenerator(seed: seed)
    let writer = try LogWriter.create(in: path, identity: LedgerIdentity(using: &generator))
    try writer.close()
  }

  var path: String { folder.path + "/ledger" }
  /// A folder for checkpoints outside.
  var outside: String { folder.path + "/outside" }

  /// Appends events in batches of random sizes.
  func grow(by count: Int) throws {
    let writer = try LogWriter.open(in: path).writer
    var left = count
    while left > 0 {
      // None of the random sources names an origin, so the log has the default one.
      let batch = events.next(min(left, .random(in: 1...40, using: &generator)))
      left -= batch.count
      lines += batch.map { canonicalBytes(of: $0) }
      try writer.append(batch)
      try writer.commit()
    }
    try writer.close()
  }

  func evidence(copies: [String] = []) throws -> Evidence {
    try Evidence.open(at: path, copies: copies)
  }

  @discardableResult
  func sign(copies: [String] = []) throws -> SignedCheckpoint {
    try evidence(copies: copies).sign(with: signer)
  }
}

/// Copies a folder and all that is in it, in place of what is there.
func copyFolder(_ from: String, to: String) throws {
  try? FileManager.default.removeItem(atPath: to)
  try FileManager.default.copyItem(atPath: from, toPath: to)
}

/// Every file below a folder, by its path in there.
func files(below folder: String) throws -> [String: Data] {
  var files: [String: Data] = [:]
  for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
    let full = "\(folder)/\(path)"
    let type = try FileManager.default.attributesOfItem(atPath: full)[.type] as? FileAttributeType
    if type == .typeRegular { files[path] = try Data(contentsOf: URL(filePath: full)) }
  }
  return files
}

/// The error that `body` throws, if it does; its exit code says which kind it is.
func ledgerError(_ body: () throws -> Void) -> LedgerError? {
  do {
    try body()
    return nil
  } catch {
    return error as? LedgerError
  }
}
