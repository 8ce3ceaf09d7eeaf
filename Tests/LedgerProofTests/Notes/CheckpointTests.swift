import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing

@Suite("Checkpoint")
struct CheckpointTests {
  // The example of C2SP's tlog-checkpoint.
  static let example =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

  @Test func `is the text of the specification's example`() throws {
    let checkpoint = try Checkpoint(reading: Array(Self.example.utf8))
    #expect(checkpoint.origin == "example.com/behind-the-sofa")
    #expect(checkpoint.size == 20_852_163)
    #expect(
      checkpoint.root.description
        == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    )
    #expect(String(decoding: checkpoint.text, as: UTF8.self) == Self.example)
    let made = Checkpoint(
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: checkpoint.root
    )
    #expect(made == checkpoint)
  }

  @Test func `keeps extension lines, which are signed too`() throws {
    let checkpoint = try Checkpoint(reading: Array((Self.example + "a b\nc\n").utf8))
    #expect(checkpoint.extensions == ["a b", "c"])
    #expect(String(decoding: checkpoint.text, as: UTF8.self) == Self.example + "a b\nc\n")
  }

  @Test(arguments: [
    "", "\n", "a\n", "a\n1\n", "a\n1\n\n", "a\n01\n$\n", "a\n-1\n$\n", "a\n+1\n$\n", "a\n 1\n$\n",
    "a\n\n$\n", "\n1\n$\n", "a b\n1\n$\n", "a+b\n1\n$\n", "a\n1\n$", "a\n1\n$\n\n", "a\n1\n$\nx",
    "a\n1\n $\n", "a\n1\nAAAA\n", "a\n1x\n$\n", "a\n4611686018427387905\n$\n",
    "a\n99999999999999999999\n$\n", "a\n1\n$\n\nx\n", "a\n١\n$\n",
  ])
  func `is refused in any other form`(text: String) throws {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    #expect(throws: ProofError.self) {
      try Checkpoint(reading: Array(text.replacing("$", with: root).utf8))
    }
    #expect(
      try Checkpoint(reading: Array("a\n4611686018427387904\n\(root)\n".utf8)).size == 1 << 62
    )
  }
}
