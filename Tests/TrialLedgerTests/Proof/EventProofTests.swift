import LedgerFormat
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Proofs of events")
struct EventProofTests {
  @Test func `hold for every event against every checkpoint, without the ledger`() throws {
    let fixture = try EvidenceFixture(seed: 11)
    let verifier = fixture.signer.verifier
    var checkpoints: [SignedCheckpoint] = []
    for count in [1, 2, 60] {
      try fixture.grow(by: count)
      checkpoints.append(try fixture.sign())
    }
    let evidence = try fixture.evidence()
    for checkpoint in checkpoints {
      for position in 0..<checkpoint.size {
        let proof = try evidence.prove(position, against: checkpoint)
        let read = try EventProof(reading: proof.bytes)
        #expect(read == proof)
        let proven = try read.verify(with: verifier)
        #expect(proven.position == position)
        #expect(proven.event == fixture.lines[position])
        #expect(proven.checkpoint == checkpoint)
        let other = fixture.lines[(position + 1) % fixture.lines.count]
        #expect(throws: LedgerError.self) { try read.verify(with: verifier, event: other) }
      }
    }
    #expect(try evidence.prove(3) == evidence.prove(3, against: checkpoints[2]))
  }

  @Test func `may leave the event out for who has it`() throws {
    let fixture = try EvidenceFixture(seed: 12)
    try fixture.grow(by: 20)
    try fixture.sign()
    let proof = try fixture.evidence().prove(7, includesEvent: false)
    let verifier = fixture.signer.verifier
    #expect(try proof.verify(with: verifier, event: fixture.lines[7]).position == 7)
    #expect(
      ledgerError { _ = try proof.verify(with: verifier) }?.exitCode == 65,
      "nothing was proven"
    )
    let stranger = try CheckpointSigner.generate(name: EvidenceFixture.origin).verifier
    #expect(
      ledgerError { _ = try proof.verify(with: stranger, event: fixture.lines[7]) }?.exitCode == 1,
      "another key went through"
    )
  }

  @Test func `are not made of what the checkpoint does not cover`() throws {
    let fixture = try EvidenceFixture(seed: 13)
    try fixture.grow(by: 5)
    func expectBadInput(_ position: Int, _ against: SignedCheckpoint? = nil) throws {
      #expect(
        ledgerError { _ = try fixture.evidence().prove(position, against: against) }?.exitCode
          == 65,
        "\(position) was proven"
      )
    }
    try expectBadInput(0)
    let checkpoint = try fixture.sign()
    try fixture.grow(by: 5)
    try expectBadInput(5)
    try expectBadInput(-1)
    try expectBadInput(10_000)
    // A checkpoint of another history of the same name and size.
    let other = try EvidenceFixture(seed: 14)
    try other.grow(by: 5)
    let foreign = try other.sign()
    #expect(foreign.size == checkpoint.size)
    #expect(
      ledgerError { _ = try fixture.evidence().prove(2, against: foreign) }?.exitCode == 70,
      "a proof was made against another history"
    )
    try other.grow(by: 100)
    let longer = try other.sign()
    #expect(
      ledgerError { _ = try fixture.evidence().prove(2, against: longer) }?.exitCode == 70,
      "a proof was made against a longer history"
    )
  }
}
