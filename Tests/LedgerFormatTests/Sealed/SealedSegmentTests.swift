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
    for (command, ordinal) in commands.sorted(by: { $0.value < $1.value }).prefix(200) {
      let found = try file.ordinals(of: command)
      #expect(found.contains(ordinal))
      // Another command with the same key is found too, as it may.
      #expect(found.allSatisfy { events[Int($0)].metadata.commandID != nil } && found.count < 4)
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

  @Test(arguments: seeds(4))
  func `blocks may end after any event`(seed: UInt64) throws {
    var source = RandomEvents(seed: seed)
    let events = source.next(200)
    let file = try SealedFile(try SealedFile.encode(events, frames: [1, 3, 50], endsBlocks: true))
    #expect(file.directory.blocks.count > 10)
    #expect(try file.events() == events)
    for (ordinal, event) in events.enumerated() {
      #expect(try file.event(at: ordinal) == event)
    }
  }

  /// More codes than fit a byte, ids over 2^53, parents, and events of the largest size.
  @Test func `extremes come back`() throws {
    let id = NamespaceID(unchecked: .max)
    let day = CalendarDate.last
    var facts: [Fact] = []
    for number in 0..<700 {
      let code = String(repeating: "c", count: 58) + "\(number)"
      let plan = try #require(PlanCode(code))
      let type = try #require(TrialType(code))
      facts.append(.planChanged(plan, startsOn: .first, endsOn: day))
      facts.append(.trialStarted(type, startsOn: day, endsOn: .first))
      facts.append(.namespaceMoved(parent: number % 2 == 0 ? id : NamespaceID(unchecked: 1)))
    }
    let rules = try #require(RulesID("x"))
    let text = String(repeating: "ab c\n", count: 12_000)
    for _ in 0..<3 { facts.append(.rulesActivated(rules, sha256: "00", text: text)) }
    let events = facts.enumerated().map { position, fact in
      let other = NamespaceID(unchecked: Int64(1) << Int64(position % 63))
      return Event(
        position: position,
        namespaceID: position >= 2_100 ? .ledger : position % 3 == 0 ? id : other,
        version: position % 5 == 0 ? 1 << 61 : 1,
        recordedAt: Instant(midnightOf: position < 2_000 ? .first : .last),
        metadata: Metadata(),
        fact: fact
      )
    }
    let file = try SealedFile(try SealedFile.encode(events))
    #expect(try file.events() == events)
    for ordinal in stride(from: 0, to: events.count, by: 17) {
      #expect(try file.event(at: ordinal) == events[ordinal])
    }
    #expect(try file.ordinals(of: .max).count == 700)
    #expect(try file.ordinals(of: 0) == [2_100, 2_101, 2_102])
  }

  @Test(.enabled(if: longTests))
  func `a segment of several full blocks comes back`() throws {
    var source = RandomEvents(seed: 3)
    let events = source.next(150_000)
    let file = try SealedFile(try SealedFile.encode(events, frames: [65_536, 5_000, 40_000]))
    #expect(file.directory.blocks.map(\.firstPosition) == [0, 65_536, 131_072])
    #expect(try file.events() == events)
  }

  /// A row that goes back in time or is missing is no segment.
  @Test func `frames that do not follow each other are refused`() throws {
    var source = RandomEvents(seed: 9)
    let events = source.next(10)
    let (columns, details) = SealedFile.makeFrame(events[...])
    for (before, bytes) in [(Instant.maxMilliseconds, details), (0, Array(details.dropLast(9)))] {
      let header = SegmentHeader(
        identity: SealedFile.identity,
        firstPosition: 0,
        recordedAtBefore: before,
        peaks: []
      )
      var encoder = SealedSegmentEncoder(replacing: header)
      #expect(throws: FrameError.self) {
        try encoder.append(columns, bytes.span, commandHash: SealedFile.hash(of:))
      }
    }
  }
}
