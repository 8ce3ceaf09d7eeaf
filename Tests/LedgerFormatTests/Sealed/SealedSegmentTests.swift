import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

@Suite("Sealed segments")
struct SealedSegmentTests {
  @Test(arguments: seeds(12))
  func `sealing gives the same events back`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var source = RandomEvents(seed: seed)
    _ = source.next(Int.random(in: 0...300, using: &generator))
    let count = [1, 2, 511, 512, 513, 4_095, 4_096, 4_097, 5_000, 300, 20, 1_500][Int(seed % 12)]
    let events = source.next(count)
    let marks = [[1, 2, 3], [], [UInt8](repeating: 7, count: 96)]
    let file = try SealedFile(try SealedFile.encode(events, marks: marks))
    #expect(try file.events() == events)
    #expect(file.directory.firstPosition == events[0].position)
    #expect(file.directory.end == events[0].position + count)
    #expect(file.directory.recordedAt == events.last?.recordedAt.milliseconds)
    #expect(file.directory.root == SealedFile.hash(of: "root"))
    #expect(try file.region(.tree).count == count / 256 * 32)
    #expect(
      file.directory.marks
        == marks.prefix(count > 701 ? 3 : count > 1 ? 2 : 1).filter { !$0.isEmpty }
    )
    let activations = events.filter { if case .rulesActivated = $0.fact { true } else { false } }
    #expect(file.directory.activations == activations.map(\.position))
    for _ in 0..<20 {
      let ordinal = Int.random(in: 0..<count, using: &generator)
      #expect(try file.event(at: ordinal) == events[ordinal])
    }
  }

  @Test(arguments: seeds(6))
  func `the indexes find what a walk finds`(seed: UInt64) throws {
    var source = RandomEvents(seed: seed)
    let events = source.next(seed == 0 ? 1 : 3_000)
    let file = try SealedFile(try SealedFile.encode(events))
    var namespaces: [Int64: [UInt32]] = [:]
    var commands: [CommandID: UInt32] = [:]
    for (ordinal, event) in events.enumerated() {
      namespaces[event.namespaceID.rawValue, default: []].append(UInt32(ordinal))
      guard let command = event.metadata.commandID, commands[command] == nil else { continue }
      commands[command] = UInt32(ordinal)
    }
    #expect(file.directory.namespaceCount == namespaces.keys.count { $0 > 0 })
    for (id, ordinals) in namespaces.sorted(by: { $0.key < $1.key }).prefix(200) {
      #expect(try file.ordinals(of: id) == ordinals)
      if namespaces[id + 1] == nil { #expect(try file.ordinals(of: id + 1).isEmpty) }
    }
    #expect(try file.ordinals(of: Int64.max).count == namespaces[.max]?.count ?? 0)
    for (command, ordinal) in commands.prefix(200) {
      #expect(try file.ordinals(of: command) == [ordinal])
    }
    let filter = try file.region(.commandFilter)
    var passed = 0
    for index in 0..<1_000 {
      let absent = try #require(CommandID("absent:\(index)"))
      let hash = CommandHash(SealedFile.hash(of: absent.text))
      passed += CommandFilter.mayContain(hash, in: filter.span) ? 1 : 0
    }
    #expect(passed < 100)
  }
}
