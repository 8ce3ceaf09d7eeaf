import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing

@Suite("Signed note")
struct SignedNoteTests {
  // The example that Go's sumdb/note documents, and tests.
  static let goSigner =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
  static let goVerifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
  static let goText = """
    If you think cryptography is the answer to your problem,
    then you don't know what your problem is.

    """
  static let goNote =
    goText
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

  @Test func `is byte for byte what Go's own example is`() throws {
    let signer = try SignerKey(Self.goSigner)
    #expect(signer.text == Self.goSigner)
    #expect(signer.verifier.text == Self.goVerifier)
    #expect(try VerifierKey(Self.goVerifier) == signer.verifier)
    var note = SignedNote(text: Array(Self.goText.utf8))
    try note.sign(with: signer)
    #expect(String(decoding: note.bytes, as: UTF8.self) == Self.goNote)
    let read = try SignedNote(reading: Array(Self.goNote.utf8))
    #expect(read == note)
    #expect(try read.verify(with: [signer.verifier]) == [signer.verifier])
  }

  @Test func `passes over the signatures of others and takes more of its own`() throws {
    let (first, second) = (try key(1), try key(2))
    let stranger = try SignerKey.generate(name: "example.com/witness")
    var note = SignedNote(text: Array("a\n\nb\n".utf8))
    try note.sign(with: stranger)
    try note.sign(with: first)
    try note.sign(with: second)
    try note.sign(with: first)
    #expect(note.signatures.count == 3, "who has signed does not sign again")
    let read = try SignedNote(reading: note.bytes)
    #expect(read == note)
    #expect(try read.verify(with: [second.verifier]) == [second.verifier])
    #expect(try read.verify(with: [first.verifier, second.verifier]).count == 2)
    let nobody = try SignerKey.generate(name: "nobody").verifier
    #expect(throws: ProofError.unsigned(by: ["nobody"])) { try read.verify(with: [nobody]) }
    #expect(throws: ProofError.unsigned(by: [])) { try read.verify(with: []) }
  }

  @Test func `a known key's wrong signature is refused even beside a right one`() throws {
    let (first, second) = (try key(1), try key(2))
    var note = SignedNote(text: Array("text\n".utf8))
    try note.sign(with: first)
    var other = SignedNote(text: Array("other text\n".utf8))
    try other.sign(with: second)
    let lines = other.bytes.drop { $0 != UInt8(ascii: "\n") }.dropFirst(2)
    let mixed = try SignedNote(reading: note.bytes + lines)
    #expect(try mixed.verify(with: [first.verifier]) == [first.verifier])
    #expect(throws: ProofError.wrongSignature(by: second.verifier.name)) {
      try mixed.verify(with: [first.verifier, second.verifier])
    }
  }

  /// Whatever single bit of a note changes, it is not the note that the key has signed.
  @Test func `is refused with any bit flipped`() throws {
    let signer = try key(1)
    var note = SignedNote(text: Array("example.com/log\n17\nabc\n".utf8))
    try note.sign(with: signer)
    let bytes = note.bytes
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: ProofError.self, "bit \(bit % 8) of byte \(bit / 8)") {
        try SignedNote(reading: flipped).verify(with: [signer.verifier])
      }
    }
  }

  @Test(arguments: [
    "", "\n", "\n\n", "text", "text\n", "text\n\n", "text\n— a AAAAAAA=\n", "text\n\n— a AAAAAAA=",
    "text\n\n- a AAAAAAA=\n", "text\n\n—a AAAAAAA=\n", "text\n\n— a\n", "text\n\n— a \n",
    "text\n\n—  AAAAAAA=\n", "text\n\n— a AAAA\n", "text\n\n— a AAAAAA==\n",
    "text\n\n— a b AAAAAAA=\n",
    "text\n\n— a+b AAAAAAA=\n", "text\n\n— a AAAAAAA\n", "text\n\n— a AAAAAAB=\n",
    "text\n\n— a\u{2003}b AAAAAAA=\n", "text\n\n— a AAAAAAA= \n", "te\txt\n\n— a AAAAAAA=\n",
    "te\rxt\n\n— a AAAAAAA=\n", "text\n\n— a AAAAAAA=\n\n", "text\n\n\n",
  ])
  func `is refused in any other form`(text: String) throws {
    #expect(throws: ProofError.self) { try SignedNote(reading: Array(text.utf8)) }
    #expect(try SignedNote(reading: Array("text\n\n— a AAAAAAA=\n".utf8)).signatures.count == 1)
  }

  @Test func `is bounded in signatures and in bytes`() throws {
    let line = "— a AAAAAAA=\n"
    func note(_ count: Int) -> [UInt8] {
      Array(("text\n\n" + String(repeating: line, count: count)).utf8)
    }
    #expect(try SignedNote(reading: note(100)).signatures.count == 100)
    #expect(throws: ProofError.self) { try SignedNote(reading: note(101)) }
    let long = String(repeating: "x", count: SignedNote.byteCountMax)
    #expect(throws: ProofError.self) { try SignedNote(reading: Array((long + "\n\n" + line).utf8)) }
    #expect(throws: ProofError.self) { try SignedNote(reading: [0xff, 0x0a, 0x0a] + line.utf8) }
  }

  @Test(.tags(.property), arguments: seeds(64))
  func `never traps on damaged bytes`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let verifier = try VerifierKey(Self.goVerifier)
    for _ in 0..<32 {
      var bytes = Array(Self.goNote.utf8)
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let place = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(0x0a, at: place)
        case 2: bytes.insert(contentsOf: Array("— ".utf8), at: place)
        default: bytes[place] = .random(in: 0...255, using: &generator)
        }
      }
      guard let read = try? SignedNote(reading: bytes) else { continue }
      #expect(read.bytes == bytes, "what can be read is written as it was")
      if (try? read.verify(with: [verifier])) != nil {
        #expect(String(decoding: read.text, as: UTF8.self) == Self.goText)
      }
    }
  }

  private func key(_ seed: UInt8) throws -> SignerKey {
    try SignerKey(name: "example.com/log", seed: [UInt8](repeating: seed, count: 32))
  }
}
