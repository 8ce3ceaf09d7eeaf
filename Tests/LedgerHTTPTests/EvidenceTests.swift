import Foundation
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Evidence over HTTP")
struct EvidenceTests {
  @Test func `the checkpoint is the newest that was signed`() async throws {
    try await TestServer.run { server in
      let none = try await server.call("GET", "/checkpoint")
      #expect(none.status == 404 && none.body.contains(#""code":"no_checkpoint""#))
      let signer = try CheckpointSigner.generate(name: server.ledger.origin)
      let evidence = try server.ledger.evidence()
      for _ in 0..<2 {
        try await server.record(3)
        let signed = try evidence.sign(with: signer)
        let answer = try await server.call("GET", "/checkpoint")
        #expect(
          answer.status == 200 && answer.body == String(decoding: signed.bytes, as: UTF8.self)
        )
      }
    }
  }

  /// What is served is what `export-tlog` writes, byte for byte, and nothing else.
  @Test func `tiles are those of an export`() async throws {
    try await TestServer.run { server in
      for _ in 0..<3 { try await server.record(200) }
      let evidence = try server.ledger.evidence()
      let signed = try evidence.sign(
        with: try CheckpointSigner.generate(name: server.ledger.origin)
      )
      let folder = try TemporaryFolder()
      _ = try evidence.exportTiles(to: folder.path, against: signed)
      var count = 0
      for case let path as String in try #require(
        FileManager.default.enumerator(atPath: folder.path + "/tile")
      ) {
        let file = "\(folder.path)/tile/\(path)"
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: file, isDirectory: &isFolder),
          !isFolder.boolValue
        else { continue }
        let expected = try Data(contentsOf: URL(fileURLWithPath: file))
        let answer = try await server.call("GET", "/tile/\(path)")
        #expect(answer.status == 200, "\(path)")
        #expect(answer.bytes == Array(expected), "\(path)")
        count += 1
      }
      #expect(count >= 7)
      for path in [
        "0/003", "0/002.p/100", "1/000", "1/000.p/3", "2/000.p/1", "entries/003", "0/x000/000",
        "9/000", "0/0", "", "0", "0/000.p/256", "0/000.p/0", "7/999", "0/x999/x999/x999/x999/999",
      ] {
        #expect(try await server.call("GET", "/tile/\(path)").status == 404, "\(path)")
      }
    }
  }
}
