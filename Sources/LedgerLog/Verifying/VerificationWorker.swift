internal import LedgerCore
internal import LedgerFormat

/// A part of the log that is verified by itself.
enum VerificationJob: Sendable {
  /// A file of frames begins.
  case begin(String, SegmentHeader)
  /// A sealed segment begins, with its stored roots.
  case trees(SealedSegment)
  /// A block of a sealed segment.
  case block(SealedSegment, Int)
  /// The index of a sealed segment.
  case index(IndexCheck)
  /// Frames that follow each other in a file.
  case frames(FrameRun)
  /// What is wrong, found before the work began.
  case failed(LogError)
}

/// Frames that follow each other in a file.
struct FrameRun: Sendable {
  let path: String
  /// Their headers and where they start.
  var frames: [(header: FrameHeader, offset: Int)] = []
  /// The number of their events.
  var eventCount = 0
  /// Their size, in bytes.
  var byteCount = 0
}

/// What came of a part.
enum VerificationOutput: Sendable {
  case begin(String, SegmentHeader)
  case trees(SealedSegment, [Hash256])
  /// The rows, up to the first that is wrong.
  case block(SealedSegment, Int, RowContents, LogError?)
  case index(IndexCheck, [NamespaceVersions])
  /// The frames, up to the first that is wrong.
  case frames(FrameRun, [FrameContents], LogError?)
  case failed(LogError)
}

/// What is in a frame.
enum FrameContents: Sendable {
  case rows(RowContents)
  /// The compact range that a seal holds.
  case seal([Hash256])
}

/// Verifies parts of a log, one after the other; one for each thread.
final class VerificationWorker {
  private let files: OpenFiles
  private var sealed = OpenSealed()
  private var decoder = FrameDecoder()
  private var window: FileWindow?
  private var line: [UInt8] = []

  init(_ files: OpenFiles) {
    self.files = files
  }

  /// Verifies a part.
  func verify(_ job: VerificationJob) -> VerificationOutput {
    do throws(LogError) {
      switch job {
      case .begin(let path, let header): return .begin(path, header)
      case .trees(let segment): return .trees(segment, try trees(of: segment))
      case .block(let segment, let index):
        var contents = RowContents(at: segment.directory.blocks[index].firstPosition)
        do throws(LogError) {
          try read(index, of: segment, &contents)
          return .block(segment, index, contents, nil)
        } catch {
          return .block(segment, index, contents, error)
        }
      case .index(let check): return .index(check, try check.versions())
      case .frames(let run):
        var contents: [FrameContents] = []
        do throws(LogError) {
          try read(run, &contents)
          return .frames(run, contents, nil)
        } catch {
          return .frames(run, contents, error)
        }
      case .failed(let error): return .failed(error)
      }
    } catch {
      return .failed(error)
    }
  }

  private func trees(of segment: SealedSegment) throws(LogError) -> [Hash256] {
    let stored = try segment.bytes(of: .tree) ?? []
    guard stored.count % Hash256.byteCount == 0 else {
      throw segment.damage(
        segment.directory.region(.tree)?.bytes.lowerBound ?? 0,
        segment.firstPosition,
        "the tree has \(stored.count) bytes"
      )
    }
    return stride(from: 0, to: stored.count, by: Hash256.byteCount).map { start in
      Hash256(stored.span, at: start)
    }
  }

  /// Reads the rows of a block.
  func read(
    _ index: Int,
    of segment: SealedSegment,
    _ contents: inout RowContents
  ) throws(LogError) {
    try sealed.move(to: segment, within: segment.directory.events(ofBlock: index))
    _ = try sealed.forEachRows(withFacts: true) {
      columns,
      start,
      rows,
      wanted throws(FrameError) in
      try contents.append(rows, count: wanted.count, with: columns, from: start, &line)
      return true
    }
    let block = segment.directory.blocks[index]
    guard contents.recordedAt == block.recordedAt else {
      throw segment.damage(
        block.offset,
        block.firstPosition,
        "the last event of the block was recorded at another time than its header says"
      )
    }
  }

  private func read(_ run: FrameRun, _ contents: inout [FrameContents]) throws(LogError) {
    if window?.path != run.path {
      let file = try onDisk { () throws(DiskError) in try files.file(run.path) }
      window = FileWindow(file, run.path)
    }
    guard var window else { return }
    self.window = nil
    defer { self.window = window }
    for (header, offset) in run.frames {
      try decoder.load(header, at: offset, &window)
      switch header.kind {
      case .commit:
        var rows = RowContents(at: header.firstPosition)
        try decoder.withRows(run.path, offset, withFacts: true) {
          columns,
          bytes throws(FrameError) in
          try rows.append(bytes, count: header.eventCount, with: columns, from: 0, &line)
        }
        contents.append(.rows(rows))
      case .seal:
        let peaks = try decoder.withRows(run.path, offset, withFacts: false) {
          _,
          bytes throws(FrameError) in
          stride(from: 0, to: bytes.count, by: Hash256.byteCount).map { start in
            Hash256(bytes, at: start)
          }
        }
        contents.append(.seal(peaks))
      }
    }
  }
}
