import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing

@Suite("Keys of notes")
struct NoteKeyTests {
  @Test func `a new key is read back from its text and is like no other`() throws {
    let key = try SignerKey.generate(name: "example.com/trials")
    let read = try SignerKey(key.text + "\n")
    #expect(read.verifier == key.verifier)
    #expect(read.text == key.text)
    #expect(try VerifierKey(key.verifier.text) == key.verifier)
    let text = Array("text\n".utf8)
    let signature = try read.signature(of: text)
    #expect(signature.count == 64)
    #expect(key.verifier.verifies(signature, of: text))
    let other = try SignerKey.generate(name: "example.com/trials")
    #expect(other.verifier != key.verifier)
    #expect(!other.verifier.verifies(signature, of: text))
    #expect(!key.verifier.verifies(signature, of: text + text))
    #expect(!key.verifier.verifies([], of: text))
    #expect(!key.verifier.verifies(signature + [0], of: text))
  }

  /// The manglings that Go's tests of its keys try: every piece of a key, and every character
  /// counted up by one.
  @Test func `nothing but the whole key is read`() {
    func keyIsRead(_ text: String, _ isSigner: Bool) -> Bool {
      isSigner ? (try? SignerKey(text)) != nil : (try? VerifierKey(text)) != nil
    }
    for (text, isSigner) in [(SignedNoteTests.goVerifier, false), (SignedNoteTests.goSigner, true)]
    {
      let bytes = Array(text.utf8)
      #expect(keyIsRead(text, isSigner))
      for start in bytes.indices {
        for end in start..<bytes.count + 1 where end - start < bytes.count {
          let piece = String(decoding: bytes[start..<end], as: UTF8.self)
          #expect(!keyIsRead(piece, isSigner), "\(piece)")
        }
      }
      for place in bytes.indices {
        var changed = bytes
        changed[place] += 1
        #expect(!keyIsRead(String(decoding: changed, as: UTF8.self), isSigner), "\(place)")
      }
    }
  }

  @Test(arguments: [
    "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
    "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
    " PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "", "+", "++", "a+b+c",
  ])
  func `another length, kind or spelling is refused`(text: String) {
    #expect(throws: ProofError.self) { try VerifierKey(text) }
  }

  @Test(arguments: ["", " ", "a b", "a+b", "a\tb", "a\u{a0}b", "a\nb", "a\u{2028}b"])
  func `a name that a signature line cannot hold makes no key`(name: String) {
    #expect(throws: ProofError.self) { try SignerKey.generate(name: name) }
    #expect(!KeyName.isValid(name))
  }

  @Test func `a name is bounded and names that look the same are different`() throws {
    #expect(throws: ProofError.self) {
      try SignerKey.generate(name: String(repeating: "a", count: 256))
    }
    let seed = [UInt8](repeating: 1, count: 32)
    let composed = try SignerKey(name: "\u{e9}", seed: seed).verifier
    let decomposed = try SignerKey(name: "e\u{301}", seed: seed).verifier
    #expect(composed != decomposed)
    #expect(throws: ProofError.self) { try SignerKey(name: "a", seed: []) }
  }

  @Test func `no message shows a secret`() throws {
    let secret = SignedNoteTests.goSigner.suffix(44)
    let wrong = "PRIVATE+KEY+PeterNeumann+c74f20a4+" + secret
    for text in [wrong, wrong + "\nmore", String(secret), wrong + "="] {
      do throws(ProofError) {
        _ = try SignerKey(text)
        Issue.record("a wrong key was read")
      } catch {
        #expect(!error.description.contains(secret.prefix(12)))
      }
    }
  }

  /// The examples of RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `base 64 is that of RFC 4648`(text: String, base64: String) {
    #expect(Base64.text(Array(text.utf8)) == base64)
    #expect(Base64.bytes(base64.utf8) == Array(text.utf8))
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "=", "====", "Z===", "Zg==Zg==", "Zm=v",
    "Zm9v\n", " Zm9v", "Zm 9v", "Zm-v", "Zm_v", "Zm9vY===", "Zm9vé",
  ])
  func `base 64 has one form only`(text: String) {
    #expect(Base64.bytes(text.utf8) == nil)
  }

  @Test func `base 64 goes there and back for every length`() {
    var generator = SeededGenerator(seed: 3)
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(Base64.bytes(Base64.text(bytes).utf8) == bytes)
    }
  }
}
