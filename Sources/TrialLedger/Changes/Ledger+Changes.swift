import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProjection
import LedgerProof

extension Ledger {
  /// Every namespace whose list of eligible types changes, by an event, by other rules, or because a
  /// date came: exactly once, in order.
  ///
  /// What invalidates caches stands on it. For changes as they come, open the ledger for following or
  /// for writing; one opened for reading shows what ``refresh()`` has found.
  ///
  /// - Parameter start: From where.
  /// - Returns: The stream, which works when it is pulled from.
  /// - Throws: ``LedgerError/badInput(_:)`` for a cursor of another ledger, or of events that this
  ///   one does not have; ``LedgerError/damaged(_:at:)``, ``LedgerError/inputOutput(_:)``.
  /// - Complexity: O(1) from now, where the log is folded; from elsewhere O(events before).
  public func eligibilityChanges(
    from start: ChangeStart = .now
  ) throws(LedgerError) -> ChangeStream<EligibilityChange> {
    ChangeStream(self, try walk(.lists, from: start)) { found in
      guard let rules = found.rules else { preconditionFailure("a list follows from rules") }
      return EligibilityChange(
        namespaceID: found.namespaceID,
        before: found.before,
        after: found.after.types,
        validUntil: found.after.validUntil,
        cause: found.cause,
        date: found.cursor.date,
        rules: rules,
        cursor: found.cursor
      )
    }
  }

  /// Every namespace with an event, or a date on which a trial or a plan period of it begins or ends,
  /// in order, whether or not its list changes; and every one with events when rules are activated
  /// under which plans are shown or fall back otherwise.
  ///
  /// What keeps another system's copy of plans and trials stands on it. The cursors are of the same
  /// kind as those of ``eligibilityChanges(from:)``.
  ///
  /// - Parameter start: From where.
  /// - Returns: The stream, which works when it is pulled from.
  /// - Throws: As ``eligibilityChanges(from:)``.
  /// - Complexity: As ``eligibilityChanges(from:)``.
  public func namespaceTouches(
    from start: ChangeStart = .now
  ) throws(LedgerError) -> ChangeStream<NamespaceTouch> {
    ChangeStream(self, try walk(.touches, from: start)) { found in
      guard let id = found.namespaceID else { preconditionFailure("one namespace is touched") }
      return NamespaceTouch(
        namespaceID: id,
        cause: found.cause,
        date: found.cursor.date,
        cursor: found.cursor
      )
    }
  }

  private func walk(
    _ interest: ChangeInterest,
    from start: ChangeStart
  ) throws(LedgerError) -> ChangeWalk {
    let first = try onLog { () throws(LogError) in try reader.event(at: 0) }
    let firstLeaf = MerkleHash.leaf(canonicalBytes(of: first).span)
    switch start {
    case .beginning:
      let cursor = ChangeCursor(position: 0, date: .first, stage: .whole, history: 0)
      return try walk(interest, firstLeaf, from: cursor)
    case .now:
      let head = head
      let last = try onLog { () throws(LogError) in try reader.event(at: head.size - 1) }
      let served = try view(at: head).projection
      let cursor = ChangeCursor(
        position: head.size,
        date: max(clock.now().date, head.lastRecordedAt.date, served.answersDate),
        stage: .whole,
        history: historyCheck(first: firstLeaf, last: last)
      )
      return try walk(interest, firstLeaf, from: cursor)
    case .cursor(let cursor):
      return try walk(interest, firstLeaf, from: cursor)
    }
  }

  private func walk(
    _ interest: ChangeInterest,
    _ firstLeaf: Hash256,
    from cursor: ChangeCursor
  ) throws(LedgerError) -> ChangeWalk {
    let last = try lastEvent(before: cursor, firstLeaf)
    var (position, date, before) = (cursor.position, cursor.date, last)
    switch cursor.stage {
    case .whole: break
    case .date:
      guard let eve = date.adding(days: -1) else { throw Self.foreign(cursor) }
      date = eve
    case .activation:
      guard let last, case .rulesActivated = last.fact else { throw Self.foreign(cursor) }
      position -= 1
      before =
        position == 0
        ? nil : try onLog { () throws(LogError) in try reader.event(at: position - 1) }
    }
    var walk = ChangeWalk(
      self,
      interest,
      firstLeaf: firstLeaf,
      view: try view(atSize: position, on: date, interest),
      date: date,
      lastEvent: before,
      at: cursor
    )
    switch cursor.stage {
    case .whole: break
    case .date(let id): walk.resumeDate(cursor.date, through: id)
    case .activation(let id):
      if let last { walk.beginActivation(last, through: id) }
    }
    return walk
  }

  /// The event before a cursor, which the cursor was made after; `nil` at the beginning.
  private func lastEvent(
    before cursor: ChangeCursor,
    _ firstLeaf: Hash256
  ) throws(LedgerError) -> Event? {
    // Another process may have made it after an event that is not seen here yet.
    if cursor.position > size { try refresh() }
    guard cursor.position <= size else {
      throw .badInput(
        "the cursor stands after \(cursor.position) events and the ledger has \(size): it is of "
          + "another ledger, or of events that were lost; begin again from now"
      )
    }
    guard cursor.position > 0 else {
      guard cursor.history == 0 else { throw Self.foreign(cursor) }
      return nil
    }
    let last = try onLog { () throws(LogError) in try reader.event(at: cursor.position - 1) }
    guard cursor.history == historyCheck(first: firstLeaf, last: last) else {
      throw Self.foreign(cursor)
    }
    return last
  }

  private static func foreign(_ cursor: ChangeCursor) -> LedgerError {
    .badInput(
      "the cursor was made on another history than this ledger's first \(cursor.position) events: "
        + "it is of another ledger, or of events that were lost; begin again from now"
    )
  }

  /// All namespaces after the first `size` events, with the answers of the rules then in force where
  /// they are of interest, which hold on `date`.
  private func view(
    atSize size: Int,
    on date: CalendarDate,
    _ interest: ChangeInterest
  ) throws(LedgerError) -> ProjectionView {
    if let served = foldedProjection(atSize: size) {
      switch interest {
      case .touches: return served
      case .lists:
        if served.rules != nil, served.answersDate <= date { return served }
      }
    }
    let view = size == 0 ? Projection.nothing : try projection(atSize: size)
    guard interest == .lists, let inForce = rules.inForce(atSize: size) else { return view }
    var projection = Projection(view)
    projection.serve(CompiledRules(inForce, codes: view.codes), on: date)
    return projection.view()
  }
}

extension Projection {
  /// The view of no events.
  fileprivate static var nothing: ProjectionView {
    var projection = Projection()
    return projection.view()
  }
}
