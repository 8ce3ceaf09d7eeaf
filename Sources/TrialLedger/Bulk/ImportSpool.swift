import Foundation
import LedgerLog

/// Batches between their check and their recording: encoded, the first of them in memory and the rest
/// in a file that has no name any more, so that a killed import leaves nothing behind.
///
/// A few dozen bytes an event.
struct ImportSpool {
  /// So much is kept in memory, in bytes.
  static let memoryByteCountMax = 64 << 20

  private var batches: [(batch: PreparedBatch, place: Range<Int>?)] = []
  private var memoryByteCount = 0
  private var file: FileHandle?
  private var end = 0

  /// Keeps a batch behind those before it.
  mutating func append(_ batch: consuming PreparedBatch) throws(LedgerError) {
    var batch = batch
    let bytes = batch.takeBytes()
    if memoryByteCount + bytes.count <= Self.memoryByteCountMax {
      memoryByteCount += bytes.count
      batch.giveBack(bytes)
      batches.append((batch, nil))
      return
    }
    let file: FileHandle
    if let opened = self.file { file = opened } else { file = try Self.unnamedFile() }
    self.file = file
    do {
      try file.write(contentsOf: Data(bytes))
    } catch {
      throw Self.problem(error)
    }
    batches.append((batch, end..<end + bytes.count))
    end += bytes.count
  }

  /// Gives the batches to `body`, in order.
  func forEach(_ body: (PreparedBatch) throws(LedgerError) -> Void) throws(LedgerError) {
    for (batch, place) in batches {
      guard let place, let file else {
        try body(batch)
        continue
      }
      var batch = batch
      let data: Data
      do {
        try file.seek(toOffset: UInt64(place.lowerBound))
        data = try file.read(upToCount: place.count) ?? Data()
      } catch {
        throw Self.problem(error)
      }
      guard data.count == place.count else {
        throw .inputOutput("the temporary file of the import was cut short; import it again")
      }
      batch.giveBack([UInt8](data))
      try body(batch)
    }
  }

  private static func unnamedFile() throws(LedgerError) -> FileHandle {
    let manager = FileManager.default
    let url = manager.temporaryDirectory.appending(
      path: "trial-ledger-\(UInt64.random(in: .min ... .max))"
    )
    guard manager.createFile(atPath: url.path, contents: nil),
      let file = FileHandle(forUpdatingAtPath: url.path)
    else {
      throw .inputOutput("cannot make \(url.path); set TMPDIR to a folder with room")
    }
    do {
      try manager.removeItem(at: url)
    } catch {
      throw problem(error)
    }
    return file
  }

  private static func problem(_ error: any Error) -> LedgerError {
    .inputOutput(
      "cannot keep what is imported in \(FileManager.default.temporaryDirectory.path): "
        + "\(error.localizedDescription); set TMPDIR to a folder with more room"
    )
  }
}
