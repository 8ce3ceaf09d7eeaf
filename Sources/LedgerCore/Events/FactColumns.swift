/// The part of consecutive events that states and answers depend on, as columns: what a log hands
/// to a projection.
///
/// A batch crosses the module border, events do not: the log decodes a frame (or a column block)
/// into these arrays, the projection folds them without allocating. All columns have ``count``
/// entries; entry i is the event at `firstPosition + i`. The arrays are reused from batch to batch.
public struct FactColumns: Sendable {
  /// What an event is to a fold: the fact's kind, with the variants that differ in their fields.
  ///
  /// Zero is none of them, so that zeroed bytes are never a fact. The numbers are part of the log
  /// format: add new ones, never change or reuse one.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// `code` a trial type, `first` starts_on, `second` ends_on.
    case trialStarted = 1
    /// `code` a trial type, `first` starts_on, `second` ends_on.
    case trialReactivated = 2
    /// `code` a trial type, `first` on, `second` the new ends_on.
    case trialExtended = 3
    /// `code` a trial type, `first` on, `second` unused (0); cause `converted`.
    case trialConverted = 4
    /// `code` a trial type, `first` on, `second` unused (0); cause `cancelled`.
    case trialCancelled = 5
    /// `code` a plan, `first` starts_on, `second` ends_on.
    case planChanged = 6
    /// `code` a plan, `first` starts_on, `second` unused (0): open.
    case planChangedOpen = 7
    /// The parent is in ``parents``; the other columns unused (0).
    case movedBelow = 8
    /// Top level again; the other columns unused (0).
    case movedToTop = 9
    /// A rule set; the other columns unused (0).
    case rulesActivated = 10
    /// An event type this version does not know; the other columns unused (0).
    case unknown = 255
  }

  /// The parent that the event at ``index`` names.
  public struct Parent: Sendable {
    /// The event's place in the columns.
    public var index: Int
    /// The group's new parent.
    public var parent: Int64

    /// The parent of the event at `index`.
    public init(index: Int, parent: Int64) {
      self.index = index
      self.parent = parent
    }
  }

  /// The position of the first event.
  public var firstPosition = 0
  /// The namespace of each event; 0 for the ledger's own.
  public var namespaceIDs: [Int64] = []
  /// The raw value of each event's ``Kind``.
  public var kinds: [UInt8] = []
  /// Indexes into ``codeTable``.
  public var codes: [UInt16] = []
  /// Dates as day numbers; which one depends on the kind.
  public var firstDates: [UInt16] = []
  /// Dates as day numbers; which one depends on the kind.
  public var secondDates: [UInt16] = []
  /// The parents of the events of kind ``Kind/movedBelow``, in order.
  public var parents: [Parent] = []
  /// The trial types and plans that ``codes`` points at; the same string may stand for both.
  public var codeTable: [String] = []

  /// No events.
  public init() {}

  /// The number of events.
  public var count: Int { kinds.count }

  /// Forgets the events and keeps the memory.
  public mutating func removeAll() {
    namespaceIDs.removeAll(keepingCapacity: true)
    kinds.removeAll(keepingCapacity: true)
    codes.removeAll(keepingCapacity: true)
    firstDates.removeAll(keepingCapacity: true)
    secondDates.removeAll(keepingCapacity: true)
    parents.removeAll(keepingCapacity: true)
    codeTable.removeAll(keepingCapacity: true)
  }
}
