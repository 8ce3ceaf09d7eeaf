import Foundation
import LedgerHTTP
import TrialLedger

/// The file of tokens of a ledger, as the `token` verbs change it.
struct TokenStore {
  /// Where it is.
  let path: String
  private let folder: String

  /// The tokens of the ledger in a folder.
  init(_ data: DataOptions) throws {
    folder = data.path
    path = "\(folder)/tokens.json"
    guard FileManager.default.fileExists(atPath: "\(folder)/segments") else {
      throw Failure.badInput("There is no ledger in \(folder); make one with init.")
    }
  }

  /// What is in the file; nothing when there is none.
  func read() throws -> TokensFile {
    guard FileManager.default.fileExists(atPath: path) else { return TokensFile() }
    let bytes = try readFile(path, byteCountMax: TokensFile.byteCountMax)
    do {
      return try TokensFile(reading: bytes)
    } catch {
      throw Failure.badInput("\(path): \(error)")
    }
  }

  /// Changes the file: all or nothing, durable once this returns, readable by its owner only.
  func change<Value>(_ body: (inout TokensFile) throws -> Value) throws -> Value {
    // Of two who change it at a time, one waits.
    try FileDescriptor.withLock(on: "\(path).lock") {
      var file = try read()
      let value = try body(&file)
      try FileDescriptor.replaceSecret(file.bytes, at: path, in: folder)
      return value
    }
  }
}
