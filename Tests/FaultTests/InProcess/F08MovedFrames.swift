import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// Whole frames, each with checksums that hold, that are not where they belong.
@Suite("F8: frames zeroed, doubled, swapped, foreign or misplaced")
struct F8MovedFrames {
  private static let folder = Contract.folder

  /// Every pair of frames, with the durable head and, where a later frame shows it too, without.
  @Test(.tags(.crash)) func `every pair of frames swapped, copied or moved is refused`() throws {
    var tally = FaultTally("F8")
    defer { tally.report() }
    let (submitted, files) = try openLog()
    let contract = Contract(submitted)
    let path = files.lastSegment
    let frames = files.frames(of: path)
    try #require(frames.count == 6)
    let bytes = files.files[path] ?? []
    for first in frames.indices {
      for second in frames.indices where first != second {
        let cases = pairs(bytes, frames, first, second)
        for (name, changed) in cases where changed != bytes {
          let result = contract.check(
            files.changing(path) { $0 = changed }.disk,
            acknowledged: submitted.events.count,
            present: submitted.events.count,
            refusal: .required
          )
          tally.add(result, "\(name) \(first) \(second)")
        }
      }
    }
  }

  /// A hole: a frame's bytes all zero.
  ///
  /// Behind the last one nothing tells a hole from a torn write but the head.
  @Test(.tags(.crash)) func `a frame of zeros is refused`() throws {
    var tally = FaultTally("F8")
    defer { tally.report() }
    let (submitted, files) = try openLog()
    let path = files.lastSegment
    let frames = files.frames(of: path)
    for (index, frame) in frames.enumerated() {
      for forgetsHead in [false, true] {
        let zeroed = files.changing(path) { bytes in
          for place in frame { bytes[place] = 0 }
        }
        let isLast = index == frames.count - 1
        let result = Contract(submitted).check(
          (forgetsHead ? zeroed.forgettingHead : zeroed).disk,
          acknowledged: isLast && forgetsHead ? submitted.sizes[index] : submitted.events.count,
          present: submitted.events.count,
          refusal: isLast && forgetsHead ? .allowed : .required
        )
        tally.add(result, "frame \(index) zeroed, head \(!forgetsHead)")
      }
    }
  }

  /// The frames of another ledger, and of a copy of this one that went another way.
  @Test(.tags(.crash)) func `frames of another log are refused`() throws {
    var tally = FaultTally("F8")
    defer { tally.report() }
    let submitted = try Submitted(plainBatches(firstDay: 100))
    let (writer, disk) = try makeLog(submitted.batches)
    defer { _ = writer }
    let files = LogFiles(disk)
    let path = files.lastSegment
    let frames = files.frames(of: path)
    let other = LedgerIdentity([UInt8](16..<32).span)
    let foreigners: [(String, LedgerIdentity, UInt16)] = [
      ("another ledger", other, 100), ("another ledger's other events", other, 200),
      ("a copy that went another way", ClientRun.identity, 200),
    ]
    for (name, identity, day) in foreigners {
      let foreign = try makeLog(plainBatches(firstDay: day), identity: identity)
      let foreignBytes = foreign.disk.files[path] ?? []
      #expect(foreignBytes.count == files.files[path]?.count)
      for (index, frame) in frames.enumerated() {
        let mixed = files.changing(path) { bytes in
          bytes.replaceSubrange(frame, with: foreignBytes[frame])
        }
        let result = Contract(submitted).check(
          mixed.disk,
          acknowledged: submitted.events.count,
          present: submitted.events.count,
          refusal: .required
        )
        tally.add(result, "frame \(index) of \(name)")
      }
    }
  }

  /// The beginning of a copy that went another way, of another length, before frames that were sealed
  /// long ago: only the place that each frame was written for tells.
  @Test(.tags(.crash)) func `a frame of another length shifts all that follow and is refused`()
    throws
  {
    var tally = FaultTally("F8")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 11, [2, 3, 2, 4]))
    let (writer, disk) = try makeLog(submitted.batches)
    try writer.close()
    let files = LogFiles(disk).forgettingHead
    let path = files.lastSegment
    let frames = files.frames(of: path)
    for seed in UInt64(50)..<60 {
      let other = try makeLog(randomBatches(seed: seed, [2])).disk
      let foreign = Array((other.files[path] ?? [])[frames[0].lowerBound...])
      guard foreign.count != frames[0].count else { continue }
      let spliced = files.changing(path) { $0.replaceSubrange(frames[0], with: foreign) }
      tally.add(
        Contract(submitted).check(
          spliced.disk,
          acknowledged: submitted.events.count,
          present: submitted.events.count,
          refusal: .required
        ),
        "the beginning of seed \(seed)"
      )
    }
    #expect(tally.caseCount > 0)
  }

  /// A log of six commits that is open, and has its head told but no seal.
  private func openLog() throws -> (Submitted, LogFiles) {
    let submitted = Submitted(randomBatches(seed: 11, [2, 3, 2, 4, 1, 2]))
    let (writer, disk) = try makeLog(submitted.batches)
    defer { _ = writer }
    return (submitted, LogFiles(disk))
  }

  /// What can be done with two frames.
  private func pairs(
    _ bytes: [UInt8],
    _ frames: [Range<Int>],
    _ first: Int,
    _ second: Int
  ) -> [(String, [UInt8])] {
    let head = Array(bytes[..<frames[0].lowerBound])
    let parts = frames.map { Array(bytes[$0]) }
    var swapped = parts
    swapped.swapAt(first, second)
    var doubled = parts
    doubled[first] = parts[second]
    var inserted = parts
    inserted.insert(parts[second], at: first)
    var moved = parts
    moved.insert(moved.remove(at: first), at: second)
    var written = bytes
    for (index, byte) in parts[first].enumerated()
    where frames[second].lowerBound + index < written.count {
      written[frames[second].lowerBound + index] = byte
    }
    return [
      ("swapped", head + swapped.joined()), ("doubled", head + doubled.joined()),
      ("inserted", head + inserted.joined()), ("moved", head + moved.joined()),
      ("written over", written),
    ]
  }

  /// Batches that differ by their first day only, so that every frame has the same size.
  private func plainBatches(firstDay: UInt16) throws -> [[Event]] {
    let type = try #require(TrialType("ultimate"))
    return try (0..<4).map { batch in
      try (0..<2).map { index in
        let day = batch == 0 ? firstDay : 300
        return Event(
          position: batch * 2 + index,
          namespaceID: try #require(NamespaceID(Int64(index + 1))),
          version: batch + 1,
          recordedAt: try #require(Instant(milliseconds: 1_770_000_000_000)),
          metadata: Metadata(),
          fact: .trialStarted(
            type,
            startsOn: CalendarDate(dayNumber: day),
            endsOn: CalendarDate(dayNumber: day + 30)
          )
        )
      }
    }
  }
}
