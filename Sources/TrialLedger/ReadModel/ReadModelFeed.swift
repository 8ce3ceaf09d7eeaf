import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerSQLite

/// Hands the events of a ledger to tables.
struct ReadModelFeed {
  private let ledger: Ledger
  private let head: LedgerHead

  /// What `ledger` shows now.
  init(_ ledger: Ledger) {
    self.ledger = ledger
    head = ledger.head
  }

  /// The number of events there are.
  var size: Int { head.size }

  /// Writes the events from `position` on, as many as one transaction takes.
  ///
  /// - Returns: The position after them.
  /// - Throws: ``ReadModelFailure``; then none of them is written.
  func write(from position: Int, to store: ReadModelStore) throws(ReadModelFailure) -> Int {
    let end = min(size, position + ReadModel.transactionEventCount)
    do {
      try store.write(from: position, typeNumber: TrialHistories.number(of:)) { writer in
        try append(position..<end, to: writer)
        return try ledger.readModelCursor(at: end)
      }
    } catch let error as ReadModelFailure {
      throw error
    } catch let error as LedgerError {
      throw .ledger(error)
    } catch let error as ReadModelError {
      throw .tables(error)
    } catch {
      // What the database's library makes of itself.
      throw .tables(.inputOutput("\(error)"))
    }
    return end
  }

  private func append(_ range: Range<Int>, to writer: ReadModelWriter) throws(ReadModelFailure) {
    var activations = head.rules.activations.drop { $0.position < range.lowerBound }
    var line: [UInt8] = []
    var failure: ReadModelError?
    do throws(LedgerError) {
      try ledger.forEachEvent(from: range.lowerBound, to: range.upperBound) { event in
        line.removeAll(keepingCapacity: true)
        appendCanonicalBytes(of: event, to: &line)
        var rules: RulesInForce?
        if case .rulesActivated = event.fact { rules = activations.popFirst()?.inForce }
        do throws(ReadModelError) {
          try writer.append(event, json: line.span, activating: rules)
          return true
        } catch {
          failure = error
          return false
        }
      }
    } catch {
      throw .ledger(error)
    }
    if let failure { throw .tables(failure) }
  }
}

extension Ledger {
  /// The cursor of tables that hold the first `size` events.
  ///
  /// - Precondition: `0 < size <= self.size`.
  func readModelCursor(at size: Int) throws(LedgerError) -> ReadModelCursor {
    let (root, last) = try onLog { () throws(LogError) in
      (try reader.root(at: size), try reader.event(at: size - 1))
    }
    return ReadModelCursor(
      position: size,
      root: hexadecimal(root.bytes),
      origin: origin,
      lastRecordedAt: last.recordedAt.description
    )
  }

  /// Why tables with that cursor were not made of this ledger's events; `nil` when they were.
  func mismatch(of cursor: ReadModelCursor) throws(LedgerError) -> String? {
    // Another process may have added events that are not seen here yet.
    if cursor.position > size { try refresh() }
    guard (0...size).contains(cursor.position) else {
      return "they held \(cursor.position) events and the ledger has \(size)"
    }
    guard cursor.position > 0 else { return nil }
    let root = try onLog { () throws(LogError) in try reader.root(at: cursor.position) }
    guard hexadecimal(root.bytes) == cursor.root else {
      return "they were of another ledger, \(cursor.origin), or of events that were lost"
    }
    return nil
  }
}

extension TrialHistories {
  private static let numbers = Dictionary(
    uniqueKeysWithValues: typeNames.enumerated().map { ($1, $0 + 1) }
  )

  /// CustomersDot's integer for a trial type; `nil` for one that it has no known number for.
  static func number(of type: TrialType) -> Int? { numbers[type.code] }
}
