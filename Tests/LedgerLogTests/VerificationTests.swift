import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// What a full walk finds, in logs that someone or something has changed.
@Suite("Verification")
struct VerificationTests {
  /// A log with a sealed segment, closed, and its events.
  private func sealedLog(
    _ events: [Event],
    eventCount: Int
  ) throws -> SimulatedDisk {
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [], segmentEventCount: eventCount)
    for start in stride(from: 0, to: events.count, by: 50) {
      try writer.append(Array(events[start..<min(start + 50, events.count)]))
      try writer.commit()
    }
    try writer.sealer.finishSealing()
    try writer.close()
    return disk
  }

  private func damage(_ disk: SimulatedDisk, threadCount: Int = 2) -> Damage? {
    do {
      _ = try LogReader.open(in: folder, disk: disk).verify(threadCount: threadCount)
      return nil
    } catch LogError.damaged(let damage) {
      return damage
    } catch {
      return nil
    }
  }

  /// Every byte of a small log whose first segment is sealed (F7): opening refuses or `verify` finds
  /// it, and whatever is read is as it was or refused.
  @Test func `any flipped bit is found and never served`() throws {
    var source = RandomEvents(seed: 1)
    let model = source.next(14)
    let disk = try sealedLog(Array(model), eventCount: 10)
    let writer = try LogWriter.open(in: folder, disk: disk, segmentEventCount: 10).writer
    for _ in 0..<3 {
      try writer.append([source.next()])
      try writer.commit()
    }
    try writer.sealer.finishSealing()
    let all = try allEvents(writer.reader())
    try writer.close()
    let path = sealedPath(0)
    let bytes = try #require(disk.files[path])
    for index in bytes.indices {
      for bit in 0..<8 where longTests || bit == index % 8 {
        var flipped = bytes
        flipped[index] ^= 1 << bit
        let damaged = replacing(path, by: flipped, on: disk, forgetsHead: false)
        let name = "byte \(index) bit \(bit)"
        let reader: LogReader
        do {
          reader = try LogReader.open(in: folder, disk: damaged)
        } catch {
          #expect(error.kind == .damaged || index < 8, "\(name): \(error)")
          continue
        }
        #expect(isDamaged { _ = try reader.verify(threadCount: 1) }, "\(name)")
        #expect(isSameOrDamaged(all) { try allEvents(reader) }, "\(name): events")
        for id in Set(all.map(\.namespaceID)) {
          let expected = all.filter { $0.namespaceID == id }
          #expect(
            isSameOrDamaged(expected) { try reader.events(of: id, below: all.count) },
            "\(name): history of \(id)"
          )
        }
        for event in all.prefix(reader.sealedSize) {
          guard let id = event.metadata.commandID else { continue }
          let first = all.first { $0.metadata.commandID == id }?.position
          #expect(
            isSameOrDamaged(true) { try reader.positions(of: id).contains(first ?? -1) },
            "\(name): command \(id)"
          )
        }
        #expect(
          isSameOrDamaged(all.map(\.namespaceID.rawValue)) {
            var ids: [Int64] = []
            try reader.foldColumns(from: 0, to: all.count) { ids += $0.namespaceIDs }
            return ids
          },
          "\(name): columns"
        )
      }
    }
  }

  private func isSameOrDamaged<Value: Equatable>(
    _ expected: Value,
    _ body: () throws -> Value
  ) -> Bool {
    do {
      return try body() == expected
    } catch let error as LogError {
      return error.kind == .damaged
    } catch {
      return false
    }
  }

  /// Another event in the place of one, with every checksum made anew and the tree left as it was.
  @Test(arguments: [0, 255, 256, 300, 511, 512, 555, 699, 700, 820])
  func `an exchanged event is named by its tree of 256`(position: Int) throws {
    var source = RandomEvents(seed: 2)
    let model = source.next(900)
    var other = model
    let event = model[position]
    other[position] = Event(
      position: position,
      namespaceID: event.namespaceID,
      version: event.version,
      recordedAt: event.recordedAt,
      metadata: Metadata(reason: "forged"),
      fact: event.fact
    )
    let disk = try sealedLog(model, eventCount: 350)
    let forged = try sealedLog(other, eventCount: 350)
    for first in [0, 350] {
      let path = sealedPath(first)
      var file = try SealedFile(try #require(forged.files[path]))
      let original = try SealedFile(try #require(disk.files[path]))
      file[.tree] = original[.tree]
      file.directory.root = original.directory.root
      // The header's peaks are in the bytes before the blocks.
      file.start.replaceSubrange(
        0..<original.header.byteCount,
        with: original.start[..<original.header.byteCount]
      )
      let isHere = (first..<(first + 350)).contains(position)
      #expect((file.bytes == disk.files[path]) != isHere)
      let changed = replacing(path, by: file.bytes, on: disk)
      guard isHere else { continue }
      let found = try #require(damage(changed))
      // Behind the last whole tree of the segment only the root tells.
      let tree = position / 256 * 256
      #expect(found.position == (tree + 256 <= first + 350 ? max(first, tree) : first))
      #expect(found.file == path)
    }
  }

  /// Versions that do not follow by a writer that is wrong: in frames, and from one sealed segment to
  /// the next.
  @Test(arguments: seeds(6), [false, true])
  func `a version that does not come next is named`(seed: UInt64, isSealed: Bool) throws {
    var source = RandomEvents(seed: seed)
    var model = source.next(260)
    let known = Set(model.prefix(100).map(\.namespaceID))
    let position = try #require(
      model.indices.first {
        $0 >= 100 + 3 * Int(seed) && known.contains(model[$0].namespaceID)
          && !model[100..<$0].map(\.namespaceID).contains(model[$0].namespaceID)
      }
    )
    let id = model[position].namespaceID
    for index in position..<model.count where model[index].namespaceID == id {
      let event = model[index]
      model[index] = Event(
        position: index,
        namespaceID: id,
        version: event.version + 1,
        recordedAt: event.recordedAt,
        metadata: event.metadata,
        fact: event.fact
      )
    }
    let disk = try sealedLog(model, eventCount: isSealed ? 100 : 1_000)
    let found = try #require(damage(disk))
    #expect(found.position == position)
    #expect(found.file.hasSuffix(isSealed ? ".sealed" : ".frames"))
  }

  /// Inside a segment they are found when it is to be sealed, and its frames stay.
  @Test func `a segment whose versions do not count up is not sealed`() throws {
    var source = RandomEvents(seed: 9)
    var model = source.next(160)
    let last = try #require(
      model[..<100].lastIndex { event in
        model[..<50].contains { $0.namespaceID == event.namespaceID }
      }
    )
    let event = model[last]
    model[last] = Event(
      position: last,
      namespaceID: event.namespaceID,
      version: event.version + 1,
      recordedAt: event.recordedAt,
      metadata: event.metadata,
      fact: event.fact
    )
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [Array(model[..<100])], segmentEventCount: 100)
    try writer.append(Array(model[100...]))
    try writer.commit()
    #expect(isDamaged { try writer.sealer.finishSealing() })
    #expect(disk.files[sealedPath(0)] == nil)
    #expect(try #require(damage(disk.afterKill())).position == last)
    #expect(try allEvents(writer.reader()) == model)
  }

  /// An index, tree, filter or directory that says something else than the events, with checksums
  /// that hold.
  @Test func `a wrong index is found`() throws {
    var source = RandomEvents(seed: 4)
    let model = source.next(700)
    let disk = try sealedLog(model, eventCount: 600)
    let path = sealedPath(0)
    let file = try SealedFile(try #require(disk.files[path]))
    #expect(file.bytes == disk.files[path])
    let ids = model.prefix(file.directory.eventCount).map(\.namespaceID.rawValue)
    var forgeries: [(String, SealedFile)] = []
    func forge(_ name: String, _ change: (inout SealedFile) throws -> Void) rethrows {
      var forged = file
      try change(&forged)
      forgeries.append((name, forged))
    }
    func forgeNamespaces(_ name: String, _ ids: [Int64]) {
      forge(name) { file in
        let regions = NamespaceIndex.encode(ids, of: identity)
        file[.namespacePages] = regions.pages
        file[.namespaceFences] = regions.fences
      }
    }
    let second = try #require(ids.indices.first { ids[$0] != ids[0] })
    var swapped = ids
    swapped.swapAt(0, second)
    forgeNamespaces("two events under each other's namespace", swapped)
    forgeNamespaces("an event that is left out", Array(ids.dropLast()))
    var another = ids
    another[7] = 4_711
    forgeNamespaces("an event under a namespace that is not there", another)
    forge("one namespace too many") { $0.directory.namespaceCount += 1 }
    forge("an activation too few") { $0.directory.activations.removeLast() }
    forge("a tree that was turned around") { $0[.tree] = $0[.tree].reversed() }
    forge("a tree too few") { $0[.tree].removeLast(32) }
    forge("a filter that says no") { $0[.commandFilter] = $0[.commandFilter].map { _ in 0 } }
    forge("no index of namespaces") { file in
      file.regions.removeAll { [2, 3].contains($0.place.kind) }
    }
    forge("no index of commands") { file in
      file.regions.removeAll { [4, 5, 6].contains($0.place.kind) }
    }
    forge("an index without its fences") { file in file.regions.removeAll { $0.place.kind == 3 } }
    forge("another root") { $0.directory.root = Hash256([UInt8](repeating: 7, count: 32).span) }
    var commands = CommandIndex.Encoder()
    for event in model.prefix(file.directory.eventCount) {
      guard let id = event.metadata.commandID else { continue }
      // One later than it is.
      commands.append(CommandHash(commandHash(id)), ordinal: UInt32(event.position + 1) % 600)
    }
    forge("commands at other events") { file in
      let regions = commands.encode(of: identity)
      file[.commandPages] = regions.pages
      file[.commandFences] = regions.fences
    }
    for (name, forged) in forgeries {
      let changed = replacing(path, by: forged.bytes, on: disk)
      #expect(
        isDamaged { _ = try LogReader.open(in: folder, disk: changed).verify() },
        "\(name)"
      )
    }
    #expect(damage(disk) == nil)
  }

  /// More namespaces than the table of versions begins with, dense and sparse, over both forms.
  @Test func `every namespace's versions are followed`() throws {
    var generator = SeededGenerator(seed: 6)
    var source = RandomEvents(seed: 6)
    let ids = (1...900).map {
      $0 % 3 == 0 ? Int64.random(in: 1...Int64.max, using: &generator) : $0
    }
    var versions: [Int64: Int] = [:]
    let model = (0..<2_600).map { position in
      let event = source.next()
      let id = ids[Int.random(in: ids.indices, using: &generator)]
      versions[id, default: 0] += 1
      return Event(
        position: position,
        namespaceID: NamespaceID(unchecked: id),
        version: versions[id] ?? 0,
        recordedAt: event.recordedAt,
        metadata: event.metadata,
        fact: .namespaceMoved(parent: nil)
      )
    }
    let reader = try LogReader.open(in: folder, disk: sealedLog(model, eventCount: 1_000))
    #expect(reader.sealedSize == 2_000)
    #expect(try reader.verify().namespaceCount == versions.count)
    for id in ids.prefix(40) {
      #expect(
        try reader.events(of: NamespaceID(unchecked: id), below: 2_600)
          == model.filter { $0.namespaceID.rawValue == id }
      )
    }
  }

  @Test func `the walk tells how far it is and ends when it is asked to`() throws {
    var source = RandomEvents(seed: 5)
    let disk = try sealedLog(source.next(500), eventCount: 120)
    let reader = try LogReader.open(in: folder, disk: disk)
    for threadCount in [1, 3] {
      var steps: [Int] = []
      #expect(
        try reader.verify(threadCount: threadCount, progress: { steps.append($0) }).size == 500
      )
      #expect(steps == steps.sorted() && steps.last == 500 && steps.count >= 5)
      #expect(throws: LogError.cancelled) {
        try reader.verify(threadCount: threadCount, isCancelled: { true })
      }
    }
  }
}
