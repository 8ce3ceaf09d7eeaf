import LedgerLog

/// An imported file of which a loss took events, or may have.
public struct LostImport: Equatable, Sendable {
  /// What becomes of it.
  public enum Remedy: String, Sendable {
    /// Given to import again, the file goes on behind ``keptCount``.
    case resume
    /// It is taken for imported up to ``keptCount``, though some of these events may be lost: what is
    /// missing of them has to be imported as a file of its own.
    case importMissing = "import_missing"
    /// It was to become an exact copy, which a ledger with an accepted loss is no more: the file has to
    /// be copied into a new folder.
    case copyAnew = "copy_anew"
  }

  /// SHA-256 of the file, 64 lowercase hexadecimal digits.
  public let sha256: String
  /// How many of its events are known to have been recorded.
  public let recordedCount: Int
  /// Of how many.
  public let totalCount: Int
  /// How many of them the ledger takes for recorded after the loss.
  public let keptCount: Int
  /// What becomes of it.
  public let remedy: Remedy

  /// What is known of a file.
  package init(
    sha256: String,
    recordedCount: Int,
    totalCount: Int,
    keptCount: Int,
    remedy: Remedy
  ) {
    self.sha256 = sha256
    self.recordedCount = recordedCount
    self.totalCount = totalCount
    self.keptCount = keptCount
    self.remedy = remedy
  }

  /// The files of which events are lost or may be, in the order of their last marks.
  static func all(_ marks: LossMarks) -> [LostImport] {
    let kept = marks.kept.compactMap(ImportMark.init)
    let uncertain = marks.uncertain.compactMap(ImportMark.init)
    let cut = marks.cut.compactMap(ImportMark.init)
    var last: [[UInt8]: ImportMark] = [:]
    var order: [[UInt8]] = []
    for mark in kept + cut {
      order.removeAll { $0 == mark.sha256 }
      order.append(mark.sha256)
      if mark.doneCount >= last[mark.sha256]?.doneCount ?? 0 { last[mark.sha256] = mark }
    }
    return order.compactMap { sha256 in
      guard let mark = last[sha256] else { return nil }
      let keptCount = kept.last { $0.sha256 == sha256 }?.doneCount ?? 0
      let isUncertain = uncertain.contains { $0.sha256 == sha256 }
      // Whole, and before what is lost.
      if !isUncertain, keptCount == mark.totalCount { return nil }
      return LostImport(
        sha256: hexadecimal(sha256),
        recordedCount: mark.doneCount,
        totalCount: mark.totalCount,
        keptCount: keptCount,
        remedy: mark.isCopy ? .copyAnew : isUncertain ? .importMissing : .resume
      )
    }
  }
}
