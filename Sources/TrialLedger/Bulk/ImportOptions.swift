/// How facts from another system are taken in.
public struct ImportOptions: Equatable, Sendable {
  /// What kind of file it is.
  public enum Format: String, CaseIterable, Sendable {
    /// Events as JSON Lines, as `export` prints them.
    case events
    /// CustomersDot's `trial_histories` as CSV.
    case trialHistories = "trial-histories"
  }

  /// What kind of file it is.
  public var format: Format
  /// Drops the events' positions and versions; the ledger gives new ones.
  public var renumbers: Bool
  /// Records everything as of now instead of at the events' own instants.
  public var recordsNow: Bool
  /// Keeps events of types that this version does not know.
  public var keepsUnknown: Bool
  /// Told how far the import is.
  public var progress: (@Sendable (Ledger.Progress) -> Void)?

  /// Options of the given parts.
  public init(
    format: Format = .events,
    renumbers: Bool = false,
    recordsNow: Bool = false,
    keepsUnknown: Bool = false,
    progress: (@Sendable (Ledger.Progress) -> Void)? = nil
  ) {
    self.format = format
    self.renumbers = renumbers
    self.recordsNow = recordsNow
    self.keepsUnknown = keepsUnknown
    self.progress = progress
  }

  /// Compares all but whom progress is told.
  public static func == (left: ImportOptions, right: ImportOptions) -> Bool {
    left.format == right.format && left.renumbers == right.renumbers
      && left.recordsNow == right.recordsNow && left.keepsUnknown == right.keepsUnknown
  }
}

/// What an import did.
public struct ImportReport: Equatable, Sendable {
  /// The events recorded by this run.
  public let recordedCount: Int
  /// The events of the file that an earlier, interrupted run had recorded.
  public let alreadyRecordedCount: Int
  /// The number of events in the ledger now.
  public let size: Int
  /// One line for the operator when opening cut a torn tail, such as a kill leaves; else `nil`.
  public internal(set) var notice: String?
  /// SHA-256 of the file, 64 lowercase hexadecimal digits.
  public let sha256: String
}
