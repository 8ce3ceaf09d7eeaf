import Foundation
import LedgerFormat
import LedgerLog
import LedgerProof
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Checkpoints of a ledger")
struct CheckpointTests {
  @Test func `say size and root, and are kept in the folder and outside`() throws {
    let fixture = try EvidenceFixture(seed: 1)
    try fixture.grow(by: 300)
    #expect(try fixture.evidence().newestCheckpoint() == nil)
    let first = try fixture.sign()
    #expect(first.size == 300)
    let leaves = fixture.lines.map { MerkleHash.leaf($0.span) }
    #expect(first.root == merkleRoot(ofLeafHashes: leaves[...]).bytes)
    try first.verify(with: fixture.signer.verifier)
    try fixture.grow(by: 1)
    let second = try fixture.sign(copies: [fixture.outside])
    #expect(try fixture.sign(copies: [fixture.outside]) == second, "signing again changes nothing")
    let evidence = try fixture.evidence(copies: [fixture.outside])
    #expect(try evidence.checkpointSizes() == [300, 301])
    #expect(try evidence.newestCheckpoint() == second)
    #expect(try evidence.check() == 3)
    let name = "00000000000000000301"
    let kept = try files(below: fixture.path)["checkpoints/\(name)"]
    #expect(kept.map { Array($0) } == second.bytes)
    #expect(try files(below: fixture.outside) == [name: Data(second.bytes)])
  }

  @Test func `a second key adds its signature to what the first has signed`() throws {
    let fixture = try EvidenceFixture(seed: 2)
    try fixture.grow(by: 5)
    let first = try fixture.sign()
    let other = try CheckpointSigner.generate(name: EvidenceFixture.origin)
    #expect(throws: LedgerError.self) { try first.verify(with: other.verifier) }
    _ = try fixture.evidence().sign(with: other)
    let kept = try #require(try fixture.evidence().newestCheckpoint())
    try kept.verify(with: other.verifier)
    try kept.verify(with: fixture.signer.verifier)
  }

  @Test func `a key of another name is refused`() throws {
    let fixture = try EvidenceFixture(seed: 3)
    try fixture.grow(by: 2)
    let other = try CheckpointSigner.generate(name: "example.com/other")
    #expect(throws: LedgerError.self) { try fixture.evidence().sign(with: other) }
    #expect(try fixture.evidence().checkpointSizes() == [])
    #expect(throws: LedgerError.self) { try CheckpointSigner.generate(name: "a b") }
    #expect(throws: LedgerError.self) { try CheckpointSigner("PRIVATE+KEY+x") }
    #expect(throws: LedgerError.self) { try CheckpointVerifier("x") }
  }

  /// Beside a writer, in this process and in another, what is signed is what the writer has synced.
  @Test func `is signed while somebody writes`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger"
    let ledger = try Ledger.create(at: path, origin: "example.com/trials")
    let signer = try CheckpointSigner.generate(name: "example.com/trials")
    let type = try #require(TrialType("ultimate_with_dap"))
    for id in 1...3 as ClosedRange<Int64> {
      let command = Command(.startTrial(type), namespaceID: try #require(NamespaceID(id)))
      _ = try ledger.submitBlocking([Ledger.Submission(command)])
      let inside = try ledger.evidence().sign(with: signer)
      #expect((inside.size, inside.root) == (ledger.size, ledger.root))
      #expect(try Evidence.open(at: path).sign(with: signer) == inside)
    }
    try ledger.close()
    #expect(try Evidence.open(at: path).checkpointSizes() == [2, 3, 4])
  }

  @Test func `every proof of consistency between checkpoints holds and no other does`() throws {
    let fixture = try EvidenceFixture(seed: 4)
    var checkpoints: [SignedCheckpoint] = []
    for count in [1, 1, 5, 57, 192, 1, 90, 200] {
      try fixture.grow(by: count)
      checkpoints.append(try fixture.sign())
    }
    let evidence = try fixture.evidence()
    for (place, newer) in checkpoints.enumerated() {
      for older in checkpoints[...place] {
        let proof = try evidence.consistencyProof(from: older.size, to: newer.size)
        #expect(older.isExtended(by: newer, proof: proof))
        for other in checkpoints where other.size != older.size {
          #expect(!other.isExtended(by: newer, proof: proof))
        }
        #expect(!older.isExtended(by: newer, proof: proof + [[1]]))
      }
    }
    #expect(throws: LedgerError.self) { try evidence.consistencyProof(from: 2, to: 1) }
    #expect(throws: LedgerError.self) { try evidence.consistencyProof(from: 0, to: 10_000) }
    #expect(throws: LedgerError.self) { try evidence.consistencyProof(from: -1, to: 1) }
  }

  /// The machine stops at every call of a signing: what was kept before is there, and the new one is
  /// there whole or not at all; once signing has returned, it is there.
  @Test(.tags(.crash), arguments: seeds(8))
  func `survives a power cut at every moment`(seed: UInt64) throws {
    let disk = SimulatedDisk()
    var events = RandomEvents(seed: seed)
    var generator = SeededGenerator(seed: seed)
    let identity = LedgerIdentity(using: &generator)
    let writer = try LogWriter.create(in: "ledger", identity: identity, disk: disk)
    let signer = try CheckpointSigner.generate(name: EvidenceFixture.origin)
    try writer.append(events.next(3))
    try writer.commit()
    try writer.close()
    func evidence(_ disk: SimulatedDisk) throws -> Evidence {
      try Evidence.open(at: "ledger", copies: ["outside"], disk: disk)
    }
    let first = try evidence(disk).sign(with: signer)
    let again = try LogWriter.open(in: "ledger", disk: disk).writer
    try again.append(events.next(4))
    try again.commit()
    try again.close()
    disk.plan(.keepingMoments)
    let second = try evidence(disk).sign(with: signer)
    for moment in 0..<disk.momentCount {
      let after = disk.afterCrash(at: moment, seed: seed)
      for folder in ["ledger/checkpoints", "outside"] {
        let sizes = try after.names(in: folder)?.filter { !$0.hasSuffix(".new") }.sorted() ?? []
        #expect(sizes.first == "00000000000000000003", "what was kept is kept")
        #expect(sizes.count <= 2)
      }
      // Whatever is there is whole, and fits the log.
      _ = try evidence(after).check()
      let kept = try #require(try evidence(after).newestCheckpoint())
      #expect(kept == first || kept == second)
    }
    let last = disk.afterCrash(seed: seed)
    #expect(try evidence(last).newestCheckpoint() == second)
    #expect(try evidence(last).check() == 4)
  }
}
