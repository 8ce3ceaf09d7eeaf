import LedgerCore

/// The slowest obvious log: lists.
struct ModelLog {
  /// What was acknowledged, or found after a crash.
  private(set) var events: [Event] = []
  /// What is staged, batch by batch.
  private(set) var staged: [[Event]] = []
  /// What may or may not be there after a crash, batch by batch.
  private(set) var uncertain: [[Event]] = []

  /// The number of events, staged ones included.
  var size: Int { events.count + staged.reduce(0) { $0 + $1.count } }

  mutating func append(_ batch: [Event]) { staged.append(batch) }

  mutating func dropStaged() { staged = [] }

  mutating func commit() {
    events += staged.joined()
    staged = []
  }

  /// A commit failed: nobody knows what of it is on the disk.
  mutating func failCommit() {
    uncertain = staged
    staged = []
  }

  /// The log was opened anew and has so many events.
  ///
  /// - Returns: Whether that may be.
  mutating func find(_ count: Int) -> Bool {
    var found = events
    staged = []
    defer {
      events = found
      uncertain = []
    }
    for batch in uncertain where found.count < count { found += batch }
    return found.count == count
  }

  func history(of id: NamespaceID, below size: Int) -> [Event] {
    events.prefix(size).filter { $0.namespaceID == id }
  }

  func size(asOf instant: Instant) -> Int {
    events.prefix { $0.recordedAt <= instant }.count
  }

  func activations(below size: Int) -> [Event] {
    events.prefix(size).filter { event in
      if case .rulesActivated = event.fact { true } else { false }
    }
  }
}
