import Foundation
import LedgerFuzzSupport
import LedgerHTTPFuzzSupport
import LedgerTestSupport
import Testing

/// What libFuzzer tries for as long as one likes (`Tools/fuzz`), tried for a moment: the inputs that
/// once found something, and some made up at random.
@Suite("Fuzzing")
struct FuzzReplayTests {
  static let targets = FuzzTarget.all + FuzzTarget.http
  static let targetNames = targets.map(\.name)

  private func target(_ name: String) throws -> FuzzTarget {
    try #require(Self.targets.first { $0.name == name }, "there is no target \(name)")
  }

  @Test(arguments: Corpus.inputs)
  func `an input of the corpus is still judged as it should be`(input: Corpus.Input) throws {
    let file = packageFolder.appending(path: "Snapshots/\(input.path)")
    let bytes = Array(try Data(contentsOf: file))
    #expect(try target(input.target).run(bytes) == input.verdict)
  }

  @Test(arguments: targetNames)
  func `every sample of a target is accepted`(name: String) throws {
    let target = try target(name)
    #expect(!target.samples.isEmpty)
    for (index, sample) in target.samples.enumerated() {
      #expect(sample.count <= target.byteCountMax, "sample \(index)")
      #expect(try target.run(sample) == .accepted, "sample \(index)")
    }
  }

  @Test(.tags(.property), arguments: targetNames)
  func `inputs made up at random find nothing`(name: String) throws {
    let target = try target(name)
    let known = try Corpus.inputs.filter { $0.target == name }.map { input in
      Array(try Data(contentsOf: packageFolder.appending(path: "Snapshots/\(input.path)")))
    }
    var verdicts: Set<String> = []
    let cases = seeds(target.caseCount * (longTests ? 100 : 1))
    for seed in cases {
      var mutator = Mutator(target, and: known, seed: seed)
      let bytes = mutator.next()
      do {
        verdicts.insert("\(try target.run(bytes))")
      } catch {
        Issue.record("seed \(seed): \(error); the input is \(bytes)")
        return
      }
    }
    // One seed alone says nothing about the mutator.
    if cases.count > 1 {
      #expect(verdicts == ["accepted", "refused"], "the inputs are all of one kind")
    }
  }

  @Test func `a reader that takes one byte too many is found out`() throws {
    // A header of four bytes of which the last is reserved, and whose reader does not look at it.
    let target = FuzzTarget(
      "careless",
      samples: { [[1, 2, 3, 0]] },
      check: { bytes throws(FuzzFinding) in
        guard bytes.count == 4, bytes[0] == 1 else { return .refused }
        try expect(bytes == [bytes[0], bytes[1], bytes[2], 0], "it is written back as other bytes")
        return .accepted
      }
    )
    let finding = (0..<UInt64(200)).contains { seed in
      var mutator = Mutator(target, seed: seed)
      return (try? target.run(mutator.next())) == nil
    }
    #expect(finding)
  }

  @Test func `names of targets are told apart`() {
    #expect(Set(Self.targetNames).count == Self.targetNames.count)
  }
}
