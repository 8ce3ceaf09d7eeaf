import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing

@Suite("Log proof")
struct LogProofTests {
  private let tree = TestTree(count: 20)
  private let signer: SignerKey

  init() throws {
    signer = try SignerKey(name: "example.com/log", seed: [UInt8](repeating: 4, count: 32))
  }

  private func proof(_ index: Int, size: Int = 20, isWhole: Bool = true) throws -> LogProof {
    let root = merkleRoot(ofLeafHashes: tree.leaves[..<size])
    var note = SignedNote(
      text: Checkpoint(origin: signer.verifier.name, size: size, root: root).text
    )
    try note.sign(with: signer)
    return LogProof(
      extra: isWhole ? TestTree.bytes(index) : nil,
      index: index,
      hashes: InclusionProof(of: index, in: size, from: tree).hashes,
      note: note
    )
  }

  @Test(arguments: [0, 1, 7, 19])
  func `is read back and holds`(index: Int) throws {
    for isWhole in [true, false] {
      let proof = try proof(index, isWhole: isWhole)
      let read = try LogProof(reading: proof.bytes)
      #expect(read == proof)
      let leaf = TestTree.bytes(index)
      let found = try read.verify(leaf: leaf, with: signer.verifier)
      #expect(found.checkpoint.size == 20)
      #expect(found.leaf == leaf)
      if isWhole {
        #expect(try read.verify(leaf: nil, with: signer.verifier).leaf == leaf)
      } else {
        #expect(throws: ProofError.self) { try read.verify(leaf: nil, with: signer.verifier) }
      }
      #expect(throws: ProofError.self) {
        try read.verify(leaf: TestTree.bytes(index + 1), with: signer.verifier)
      }
    }
    #expect(try proof(0, size: 1).hashes == [])
    #expect(try proof(0, size: 1).verify(leaf: nil, with: signer.verifier).checkpoint.size == 1)
  }

  @Test(.tags(.snapshot))
  func `keeps its form`() throws {
    expectSnapshot(
      of: String(decoding: try proof(5).bytes, as: UTF8.self),
      at: "Proof/log-proof.txt"
    )
  }

  /// Whatever single bit of the file changes, it proves nothing any more.
  @Test func `is refused with any bit flipped`() throws {
    let bytes = try proof(5).bytes
    _ = try LogProof(reading: bytes).verify(leaf: nil, with: signer.verifier)
    var accepted: [Int] = []
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      if (try? LogProof(reading: flipped).verify(leaf: nil, with: signer.verifier)) != nil {
        accepted.append(bit)
      }
    }
    #expect(accepted == [])
  }

  @Test func `is refused cut short, and with anything behind it`() throws {
    let bytes = try proof(5).bytes
    for count in bytes.indices {
      #expect(throws: ProofError.self) { try LogProof(reading: Array(bytes.prefix(count))) }
    }
    #expect(throws: ProofError.self) { try LogProof(reading: bytes + [0x0a]) }
    #expect(throws: ProofError.self) { try LogProof(reading: bytes + Array("x\n".utf8)) }
  }

  @Test(arguments: [
    ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"), ("index 5", "index 05"),
    ("index 5", "index +5"), ("index 5", "index  5"), ("index 5", "index 5 "), ("index 5", "index"),
    ("index 5", "Index 5"), ("extra ", "extra  "), ("extra ", "extra"),
    ("index 5", "extra \nindex 5"),
    ("index 5", "index 5\n"), ("index 5", "index 5\nAAAA"), ("\n", "\r\n"),
    ("index 5", "index 99999999999999999999"),
  ])
  func `is refused in any other form`(from: String, to: String) throws {
    let text = String(decoding: try proof(5).bytes, as: UTF8.self)
    let changed = text.replacing(from, with: to, maxReplacements: 1)
    #expect(changed != text)
    #expect(throws: ProofError.self) {
      try LogProof(reading: Array(changed.utf8)).verify(leaf: nil, with: signer.verifier)
    }
  }

  @Test func `is bounded in hashes and in bytes`() throws {
    let proof = try proof(5)
    func with(_ count: Int) -> [UInt8] {
      let hashes = [Hash256](repeating: MerkleHash.empty, count: count)
      return LogProof(extra: nil, index: 5, hashes: hashes, note: proof.note).bytes
    }
    #expect(try LogProof(reading: with(63)).hashes.count == 63)
    #expect(throws: ProofError.self) { try LogProof(reading: with(64)) }
    let long = [UInt8](repeating: 0x41, count: LogProof.byteCountMax + 1)
    #expect(throws: ProofError.self) { try LogProof(reading: long) }
  }

  @Test func `is of the key's log, signed by the key`() throws {
    let proof = try proof(5)
    let stranger = try SignerKey(name: "example.com/log", seed: [UInt8](repeating: 5, count: 32))
    #expect(throws: ProofError.unsigned(by: ["example.com/log"])) {
      try proof.verify(leaf: nil, with: stranger.verifier)
    }
    // Signed by a known key, but a checkpoint of another log.
    let other = try SignerKey(name: "example.com/other", seed: [UInt8](repeating: 4, count: 32))
    var note = proof.note
    try note.sign(with: other)
    let moved = LogProof(extra: proof.extra, index: 5, hashes: proof.hashes, note: note)
    #expect(throws: ProofError.self) { try moved.verify(leaf: nil, with: other.verifier) }
    #expect(try moved.verify(leaf: nil, with: signer.verifier).checkpoint.size == 20)
  }

  @Test(.tags(.property), arguments: seeds(64))
  func `never traps on damaged bytes`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let good = try proof(5).bytes
    for _ in 0..<32 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(0x0a, at: place)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 40))
        default: bytes[place] = .random(in: 0...255, using: &generator)
        }
        if bytes.isEmpty { break }
      }
      guard bytes != good, let read = try? LogProof(reading: bytes) else { continue }
      #expect(read.bytes == bytes, "what can be read is written as it was")
      #expect(throws: ProofError.self) { try read.verify(leaf: nil, with: signer.verifier) }
    }
  }
}
