import ArgumentParser
import Glibc
import LedgerCore
import LedgerFloor
import LedgerLog

/// The columns of a log in memory as the C loops take them: LZ4 blocks of 4,096 events.
@safe
final class FloorHistory {
  private var chunks: [floor_chunk] = []
  private var slabs: [UnsafeMutablePointer<UInt8>] = unsafe []
  private var usedByteCount = 0
  private static let slabByteCount = 1 << 26
  private let eventCount: Int
  private var codes: [String: UInt8] = [:]
  /// Whether there is a namespace of that id.
  private var isThere: [Bool] = []

  // The events that are not packed yet.
  private var ids: [Int64] = []
  private var kinds: [UInt8] = []
  private var numbers: [UInt8] = []
  private var firsts: [UInt16] = []
  private var seconds: [UInt16] = []

  /// Packs the columns of all events.
  init(of reader: LogReader) throws {
    eventCount = reader.size
    var hasTooMany = false
    try reader.foldColumns(from: 0, to: reader.size) { columns in
      let map = columns.codeTable.map { number(of: $0) }
      hasTooMany = hasTooMany || codes.count > 31 || columns.namespaceIDs.contains { $0 >= 1 << 31 }
      guard !hasTooMany else { return }
      for index in columns.namespaceIDs.indices { append(columns, index, map) }
    }
    guard !hasTooMany else {
      throw ValidationError("the C loop takes ids below 2^31 and few codes, as generate makes them")
    }
    pack()
  }

  deinit {
    // Sound: this owns what it allocated.
    for index in unsafe slabs.indices { unsafe slabs[index].deallocate() }
  }

  private func number(of code: String) -> UInt8 {
    if let number = codes[code] { return number }
    let number = UInt8(truncatingIfNeeded: codes.count)
    codes[code] = number
    return number
  }

  private func append(_ columns: FactColumns, _ index: Int, _ map: [UInt8]) {
    let id = columns.namespaceIDs[index]
    let code = Int(columns.codes[index])
    ids.append(id)
    kinds.append(columns.kinds[index])
    numbers.append(code < map.count ? map[code] : 0)
    firsts.append(columns.firstDates[index])
    seconds.append(columns.secondDates[index])
    if Int(id) >= isThere.count {
      isThere += repeatElement(false, count: max(Int(id) + 1 - isThere.count, isThere.count))
    }
    isThere[Int(id)] = true
    if ids.count == Int(floor_chunk_events) { pack() }
  }

  private func pack() {
    guard !ids.isEmpty else { return }
    if unsafe slabs.isEmpty || usedByteCount + floor_chunk_room() > Self.slabByteCount {
      unsafe slabs.append(.allocate(capacity: Self.slabByteCount))
      usedByteCount = 0
    }
    var chunk = floor_chunk()
    chunk.count = Int32(ids.count)
    // Sound: the columns are equally long, and the slab has room for a chunk.
    let target = unsafe slabs[slabs.count - 1] + usedByteCount
    usedByteCount += unsafe floor_compress(&chunk, ids, kinds, numbers, firsts, seconds, target)
    chunks.append(chunk)
    ids.removeAll(keepingCapacity: true)
    kinds.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    firsts.removeAll(keepingCapacity: true)
    seconds.removeAll(keepingCapacity: true)
  }

  /// Batches of 1,000 random namespaces each, the same in every run.
  func randomBatches(_ count: Int) -> [[Int64]] {
    let ids = isThere.indices.dropFirst().filter { isThere[$0] }.map { Int64($0) }
    var state: UInt64 = 1
    return (0..<count).map { _ in
      (0..<1_000).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return ids[Int(state >> 33) % ids.count]
      }
    }
  }

  /// Measures one round of the C loops.
  func measure(_ asked: [[Int64]]) throws {
    let count = isThere.count
    let bytes = count * MemoryLayout<floor_record>.stride
    // Sound: a record of zero bytes is one without events; ids are below the number of records.
    guard let memory = unsafe calloc(bytes, 1) else {
      throw ValidationError("there is no memory for \(count) records")
    }
    defer { unsafe free(memory) }
    let records = unsafe memory.bindMemory(to: floor_record.self, capacity: count)
    let clock = PathClock()
    guard unsafe floor_fold(chunks, chunks.count, records, count) == 1 else {
      throw ValidationError("the C loop finds its columns damaged")
    }
    let nanoseconds = clock.nanoseconds
    var sum: UInt64 = 0
    for ids in asked.prefix(100) {
      for id in ids { unsafe sum = sum &* 31 &+ UInt64(records[Int(id)].version) }
    }
    try told("floor-rebuild", eventCount, nanoseconds, String(sum, radix: 16))
    var types = [UInt64](repeating: 0, count: 1_000)
    var dates = [UInt16](repeating: 0, count: 1_000)
    var time = 0
    for _ in 0..<2 {
      let clock = PathClock()
      for ids in asked {
        sum &+= unsafe floor_gather(records, ids, ids.count, &types, &dates)
      }
      time = clock.nanoseconds
    }
    try told("floor-batch", asked.count * 1_000, time, String(sum, radix: 16))
  }
}
