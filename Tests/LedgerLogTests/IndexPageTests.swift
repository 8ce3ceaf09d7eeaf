import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// A question that is answered from a page in the wrong place is answered with damage.
@Suite("Misplaced index pages")
struct IndexPageTests {
  /// Three events of each of 1,500 namespaces, whose entries are of few sizes.
  private let model = (0..<4_500).map { position in
    Event(
      position: position,
      namespaceID: NamespaceID(unchecked: Int64(1_000 + position % 1_500)),
      version: position / 1_500 + 1,
      recordedAt: Instant(midnightOf: .last),
      metadata: Metadata(),
      fact: .namespaceMoved(parent: nil)
    )
  }

  private func sealedDisk() throws -> SimulatedDisk {
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [], segmentEventCount: 4_500)
    for start in stride(from: 0, to: model.count, by: 500) {
      try writer.append(Array(model[start..<(start + 500)]))
      try writer.commit()
    }
    try writer.append([
      Event(
        position: 4_500,
        namespaceID: NamespaceID(unchecked: 1),
        version: 1,
        recordedAt: Instant(midnightOf: .last),
        metadata: Metadata(),
        fact: .namespaceMoved(parent: nil)
      )
    ])
    try writer.commit()
    try writer.sealer.finishSealing()
    try writer.close()
    return disk
  }

  private func events(of key: UInt64, on disk: SimulatedDisk) throws -> [Event] {
    let reader = try LogReader.open(in: folder, disk: disk)
    return try reader.events(of: NamespaceID(unchecked: Int64(key)), below: reader.size)
  }

  @Test func `a history from swapped or doubled pages is damage`() throws {
    let disk = try sealedDisk()
    let bytes = try #require(disk.files[sealedPath(0)])
    let file = try SealedFile(bytes)
    let pages = file[.namespacePages]
    let table = try PageFences(
      reading: file[.namespaceFences].span,
      pagesByteCount: pages.count
    )
    let sizes = (0..<table.pageCount).map { table.bytes(ofPage: $0).count }
    let left = try #require(sizes.indices.first { sizes[($0 + 1)...].contains(sizes[$0]) })
    let right = try #require(sizes[(left + 1)...].firstIndex(of: sizes[left]))
    let keys = [table.firstKey(ofPage: left), table.firstKey(ofPage: right)]
    for key in keys { #expect(try events(of: key, on: disk).count == 3) }
    let (first, second) = (table.bytes(ofPage: left), table.bytes(ofPage: right))
    var swapped = file
    swapped[.namespacePages].replaceSubrange(first, with: pages[second])
    swapped[.namespacePages].replaceSubrange(second, with: pages[first])
    var doubled = file
    doubled[.namespacePages].replaceSubrange(second, with: pages[first])
    let swappedDisk = replacing(sealedPath(0), by: swapped.bytes, on: disk)
    for key in keys { #expect(isDamaged { _ = try events(of: key, on: swappedDisk) }) }
    #expect(isDamaged { _ = try LogReader.open(in: folder, disk: swappedDisk).verify() })
    let doubledDisk = replacing(sealedPath(0), by: doubled.bytes, on: disk)
    #expect(isDamaged { _ = try events(of: keys[1], on: doubledDisk) })
    #expect(isDamaged { _ = try LogReader.open(in: folder, disk: doubledDisk).verify() })
  }

  /// Under checksums that hold: the events themselves say whose they are.
  @Test func `a history with another's events is damage`() throws {
    let disk = try sealedDisk()
    var file = try SealedFile(try #require(disk.files[sealedPath(0)]))
    var ids = model.map(\.namespaceID.rawValue)
    ids.swapAt(0, 1)
    file[.namespacePages] = NamespaceIndex.encode(ids, of: identity).pages
    let forged = replacing(sealedPath(0), by: file.bytes, on: disk)
    for key: UInt64 in [1_000, 1_001] {
      #expect(isDamaged { _ = try events(of: key, on: forged) })
    }
    #expect(try events(of: 1_002, on: forged).count == 3)
  }

  @Test func `a command looked up in swapped pages is damage`() throws {
    var source = RandomEvents(seed: 12)
    let model = source.next(4_000)
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [model], segmentEventCount: 3_000)
    try writer.append([source.next()])
    try writer.commit()
    try writer.sealer.finishSealing()
    try writer.close()
    let file = try SealedFile(try #require(disk.files[sealedPath(0)]))
    let pages = file[.commandPages]
    let table = try PageFences(reading: file[.commandFences].span, pagesByteCount: pages.count)
    let sizes = (0..<table.pageCount).map { table.bytes(ofPage: $0).count }
    let left = try #require(sizes.indices.first { sizes[($0 + 1)...].contains(sizes[$0]) })
    let right = try #require(sizes[(left + 1)...].firstIndex(of: sizes[left]))
    var swapped = file
    swapped[.commandPages].replaceSubrange(
      table.bytes(ofPage: left),
      with: pages[table.bytes(ofPage: right)]
    )
    swapped[.commandPages].replaceSubrange(
      table.bytes(ofPage: right),
      with: pages[table.bytes(ofPage: left)]
    )
    let reader = try LogReader.open(
      in: folder,
      disk: replacing(sealedPath(0), by: swapped.bytes, on: disk)
    )
    var misplaced = 0
    for id in Set(model.compactMap(\.metadata.commandID)) {
      let page = table.page(holding: UInt64(CommandHash(commandHash(id)).key))
      guard page == left || page == right else { continue }
      misplaced += 1
      #expect(isDamaged { _ = try reader.positions(of: id) })
    }
    #expect(misplaced > 0)
  }
}
