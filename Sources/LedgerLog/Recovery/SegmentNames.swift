/// The names of a log's segments, as they were when the folder was listed.
struct SegmentNames {
  /// The first positions, ascending, and whether there are frames.
  private let files: [(firstPosition: Int, hasFrames: Bool)]

  /// Lists the folder.
  ///
  /// Where frames and a sealed segment have the same first position, the frames count.
  ///
  /// - Throws: ``LogError/notALog(folder:)`` when there is nothing and `head` says that there was
  ///   nothing, ``LogError/damaged(_:)`` when it says that there was something.
  init(in folder: LogFolder, on disk: any Disk, head: DurableHead?) throws(LogError) {
    guard let names = try onDisk({ () throws(DiskError) in try disk.names(in: folder.segments) })
    else { throw .notALog(folder: folder.path) }
    let frames = Set(names.compactMap(LogFolder.firstPosition))
    let sealed = names.compactMap(LogFolder.sealedFirstPosition)
    files = frames.union(sealed).sorted().map { ($0, frames.contains($0)) }
    if files.isEmpty {
      guard head != nil else { throw .notALog(folder: folder.path) }
      throw .damaged(
        Damage(file: folder.segment(0), offset: 0, position: 0, reason: "the file is missing")
      )
    }
  }

  /// The newest segment's first position.
  var last: Int? { files.last?.firstPosition }

  /// The segment that begins next after one, or the first of all.
  func first(after position: Int?) -> Int? {
    let index = firstIndex(in: files) { $0.firstPosition > position ?? -1 }
    return index < files.count ? files[index].firstPosition : nil
  }

  /// Whether a segment is there, and only sealed.
  func isSealed(_ firstPosition: Int) -> Bool {
    let index = firstIndex(in: files) { $0.firstPosition >= firstPosition }
    return index < files.count && files[index].firstPosition == firstPosition
      && !files[index].hasFrames
  }
}
