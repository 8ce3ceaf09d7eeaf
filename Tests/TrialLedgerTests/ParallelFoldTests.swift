import Foundation
import LedgerCore
import LedgerLog
import LedgerProjection
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Folding a log on several threads")
struct ParallelFoldTests {
  @Test func `gives the states of one thread and stops when told`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger"
    let size = try #require(HistoryGenerator.Size(eventCount: 80_000, namespaceCount: 10_000))
    _ = try Ledger.generate(at: path, size, seed: 3)
    let reader = try LogReader.open(in: path)
    var one = Projection()
    var activations: [Int] = []
    try one.fold(from: reader, to: reader.size, onActivation: { activations.append($0) })
    var several = Projection()
    several.threads = .system(count: 3)
    var found: [Int] = []
    try several.fold(from: reader, to: reader.size, onActivation: { found.append($0) })
    #expect(several.size == reader.size)
    #expect(found == activations && !found.isEmpty)
    #expect(several.view().firstDifference(from: one.view()) == nil)

    var cancelled = Projection()
    cancelled.threads = .system(count: 3)
    #expect(throws: LogError.cancelled) {
      try cancelled.fold(from: reader, to: reader.size, isCancelled: { true })
    }
    #expect(cancelled.size == 0)
  }
}
