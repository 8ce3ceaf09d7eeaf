internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

extension SoundPrefix {
  /// Takes in the sound events of a sealed segment.
  ///
  /// Where commits ended is not kept there. Events are taken in by commands: what may have been
  /// recorded together stays together.
  mutating func walkSealed(
    _ index: Int,
    _ progress: (Int) -> Void
  ) throws(LogError) -> BadPlace? {
    let file = files[index]
    let before = self
    let segment: SealedSegment
    do throws(LogError) {
      segment = try SealedSegment(
        "\(folder.segments)/\(file.name)",
        firstPosition: file.firstPosition,
        OpenFiles(disk)
      )
    } catch .damaged(let damage) {
      return bad(index, damage.offset, damage.reason)
    } catch {
      throw error
    }
    if let problem = problem(with: segment.header, file) { return bad(index, 0, problem) }
    identity = segment.header.identity
    if let place = try takeEvents(of: segment, index, progress) {
      marksOfPart = segment.directory.marks
      return place
    }
    guard range.root == segment.directory.root, recordedAt == segment.directory.recordedAt else {
      // Nobody knows which of them is wrong.
      self = before
      return bad(index, 0, "the events of the segment do not give its root")
    }
    lastSoundIndex = index
    end = segment.byteCount
    marks += segment.directory.marks
    if try !hasSoundIndex(segment) { damagedIndexes.append(file) }
    return nil
  }

  private mutating func takeEvents(
    of segment: SealedSegment,
    _ index: Int,
    _ progress: (Int) -> Void
  ) throws(LogError) -> BadPlace? {
    var batch = Batch(range: range, recordedAt: recordedAt)
    var last: Event?
    var problem: (offset: Int, reason: String)?
    for lower in stride(from: segment.firstPosition, to: segment.end, by: 512) {
      let upper = min(lower + 512, segment.end)
      do throws(LogError) {
        try segment.forEachEvent(lower..<upper) { event in
          if let last, !last.mayShareCommand(with: event) {
            take(batch)
            lastSoundIndex = index
            batch = Batch(range: range, recordedAt: recordedAt)
          }
          guard let reason = batch.add(event, after: versions) else {
            last = event
            return true
          }
          let block = segment.directory.block(holding: event.position)
          problem = (segment.directory.blocks[block].offset, reason)
          return false
        }
      } catch .damaged(let damage) {
        problem = (damage.offset, damage.reason)
      } catch {
        throw error
      }
      if let problem { return bad(index, problem.offset, problem.reason) }
      progress(batch.range.leafCount)
    }
    take(batch)
    return nil
  }

  /// Whether every region of a sealed segment holds what its checksum says.
  private func hasSoundIndex(_ segment: SealedSegment) throws(LogError) -> Bool {
    do throws(LogError) {
      for kind in SealedRegion.allCases { _ = try segment.bytes(of: kind) }
      return true
    } catch .damaged {
      return false
    } catch {
      throw error
    }
  }
}

extension Event {
  /// Whether one command may have recorded both: what all events of a command have in common is the
  /// same.
  fileprivate func mayShareCommand(with next: Event) -> Bool {
    namespaceID == next.namespaceID && recordedAt == next.recordedAt && metadata == next.metadata
  }
}

extension SealedSegment {
  /// Hands over events in order, until `body` says to stop.
  func forEachEvent(
    _ positions: Range<Int>,
    _ body: (Event) -> Bool
  ) throws(LogError) {
    var reader = OpenSealed()
    try reader.move(to: self, within: positions)
    // The columns are decoded whole, so that all their checksums are compared.
    _ = try reader.foldColumns { _ in true }
    var goesOn = true
    try reader.forEachEvent(at: Array(positions)) { event in
      if goesOn { goesOn = body(event) }
    }
  }
}
