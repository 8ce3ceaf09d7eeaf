public import LedgerCore
import LedgerLog
import LedgerProjection
import LedgerRuleFiles

extension Ledger {
  /// Which trials each namespace may start: one answer per id, all from one position and one rule
  /// set.
  ///
  /// About the present, under the rules in force, it reads memory only, once the log is folded: a
  /// ledger opened for reading folds it when it is first asked about more than a few namespaces.
  /// About a few, and with `asOf`, it reads their events.
  ///
  /// - Parameters:
  ///   - ids: Namespaces; one named twice is answered once, one never heard of by its empty state.
  ///   - question: On which date, as of when, by which rules.
  /// - Returns: One answer per id, in the order asked.
  /// - Throws: ``LedgerError/badInput(_:)`` for a point past the head or unknown rules.
  /// - Complexity: O(ids) about the present, O(events of the ids) about a few ids in the past, else
  ///   O(events).
  public func eligibility(
    of ids: [NamespaceID],
    _ question: Question = Question()
  ) throws(LedgerError) -> EligibilityBatch {
    let head = head
    let size = try resolveSize(question.asOf, in: head)
    let basis = try basis(of: question, size: size, in: head)
    var seen: Set<NamespaceID> = []
    seen.reserveCapacity(ids.count)
    let unique = ids.filter { seen.insert($0).inserted }
    let answers =
      if !isFolded(at: size), unique.count <= Self.readCountMax(ofEvents: size) {
        try readAnswers(of: unique, size: size, basis)
      } else {
        try foldedAnswers(of: unique, question, size: size, basis, head)
      }
    return EligibilityBatch(basis: basis, namespaceIDs: unique, answers: answers)
  }

  /// How many namespaces are read one by one rather than folding so many events.
  ///
  /// Reading one costs about as much as folding fifty thousand events.
  private static func readCountMax(ofEvents count: Int) -> Int {
    max(16, count / 50_000)
  }

  private func readAnswers(
    of ids: [NamespaceID],
    size: Int,
    _ basis: Basis
  ) throws(LedgerError) -> [Eligibility] {
    var answers: [Eligibility] = []
    answers.reserveCapacity(ids.count)
    for id in ids {
      let state = Self.state(folding: try events(of: id, below: size))
      answers.append(basis.inForce.rules.eligibility(of: state, on: basis.date))
    }
    return answers
  }

  private func foldedAnswers(
    of ids: [NamespaceID],
    _ question: Question,
    size: Int,
    _ basis: Basis,
    _ head: LedgerHead
  ) throws(LedgerError) -> [Eligibility] {
    guard size == head.size else {
      let projection = try projection(atSize: size)
      return projection.eligibility(
        of: ids,
        on: basis.date,
        rules: CompiledRules(basis.inForce, codes: projection.codes)
      )
    }
    let view = try view(at: head)
    let compiled =
      if question.rules == nil, let served = view.compiled {
        served
      } else {
        CompiledRules(basis.inForce, codes: view.projection.codes)
      }
    return view.projection.eligibility(of: ids, on: basis.date, rules: compiled)
  }

  /// The state of a namespace, with the positions of the events it rests on.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` for a point past the head or unknown rules.
  public func state(
    of id: NamespaceID,
    _ question: Question = Question()
  ) throws(LedgerError) -> StateAnswer {
    let head = head
    let size = try resolveSize(question.asOf, in: head)
    let basis = try basis(of: question, size: size, in: head)
    return StateAnswer(
      basis: basis,
      namespaceID: id,
      state: Self.state(folding: try events(of: id, below: size))
    )
  }

  /// Why a namespace may or may not start each trial type (or `type`).
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` for a point past the head, unknown rules or a type that
  ///   the rules do not define.
  public func explain(
    _ id: NamespaceID,
    type: TrialType? = nil,
    _ question: Question = Question()
  ) throws(LedgerError) -> Explanation {
    let head = head
    let size = try resolveSize(question.asOf, in: head)
    let basis = try basis(of: question, size: size, in: head)
    let rules = basis.inForce.rules
    if let type, rules.rule(of: type) == nil {
      throw .badInput("\(type) is not a trial type of \(rules.id)")
    }
    let events = try events(of: id, below: size)
    let state = Self.state(folding: events)
    let entries = rules.trialTypes.filter { type == nil || $0.name == type }.map { rule in
      let condition = rules.explain(rule, for: state, on: basis.date)
      return Explanation.Entry(
        type: rule.name,
        isEligible: condition.value && state.isTopLevel,
        isActive: state.records.last { $0.type == rule.name }?.isActive(on: basis.date) ?? false,
        condition: condition
      )
    }
    return Explanation(
      basis: basis,
      namespaceID: id,
      state: state,
      entries: entries,
      events: events
    )
  }

  /// The events of a namespace (or of ``NamespaceID/ledger``: the rule activations), in log order.
  ///
  /// - Returns: None for a namespace the ledger has never heard of.
  /// - Throws: ``LedgerError/badInput(_:)`` for a point past the head.
  public func history(
    of id: NamespaceID,
    asOf: Question.AsOf? = nil
  ) throws(LedgerError) -> [Event] {
    let head = head
    return try events(of: id, below: try resolveSize(asOf, in: head))
  }

  /// The number of events known at a point of the log.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` past the head.
  public func resolveSize(_ asOf: Question.AsOf?) throws(LedgerError) -> Int {
    try resolveSize(asOf, in: head)
  }

  /// The rules that answer at a point of the log.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` for an unknown id, a file with errors, or where no rules
  ///   are in force and none are given.
  public func resolveRules(
    _ rules: Question.Rules?,
    atSize size: Int
  ) throws(LedgerError) -> RulesInForce {
    try resolveRules(rules, atSize: size, in: head)
  }

  private static func state(folding events: [Event]) -> NamespaceState {
    var state = NamespaceState()
    for event in events { state.evolve(event) }
    return state
  }

  private func events(of id: NamespaceID, below size: Int) throws(LedgerError) -> [Event] {
    try onLog { () throws(LogError) in try reader.events(of: id, below: size) }
  }

  /// Every namespace's state after the first `size` events: those of the newest snapshot at or below
  /// it, and the events from there on.
  func projection(
    atSize size: Int,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> ProjectionView {
    var projection =
      try snapshots?.restore(upTo: size, reader, isStart: false) ?? Projection()
    return try onLog { () throws(LogError) in
      projection.threads = .perProcessor()
      try projection.fold(
        from: reader,
        to: size,
        progress: { progress?(Progress(phase: "reading the log", done: $0, total: size)) }
      )
      return projection.view()
    }
  }

  func resolveSize(_ asOf: Question.AsOf?, in head: LedgerHead) throws(LedgerError) -> Int {
    switch asOf {
    case nil: return head.size
    case .size(let size):
      guard (0...head.size).contains(size) else {
        throw .badInput(
          "as-of \(size) is past the head; the ledger has \(counted(head.size, "event"))"
        )
      }
      return size
    case .instant(let instant):
      if instant >= head.lastRecordedAt { return head.size }
      let size = try onLog { () throws(LogError) in try reader.size(asOf: instant) }
      return min(size, head.size)
    }
  }

  private func basis(
    of question: Question,
    size: Int,
    in head: LedgerHead
  ) throws(LedgerError) -> Basis {
    Basis(
      date: question.on ?? (question.now ?? clock.now()).date,
      position: size,
      inForce: try resolveRules(question.rules, atSize: size, in: head)
    )
  }

  private func resolveRules(
    _ rules: Question.Rules?,
    atSize size: Int,
    in head: LedgerHead
  ) throws(LedgerError) -> RulesInForce {
    switch rules {
    case nil:
      guard let inForce = head.rules.inForce(atSize: size) else {
        throw .badInput(
          "no rules were in force after \(counted(size, "event")); name a rule set to answer by "
            + "(--rules ID)"
        )
      }
      return inForce
    case .id(let id):
      if let activation = head.rules.activation(of: id, atSize: size) {
        return head.rules.hypothetical(
          activation.inForce.rules,
          sha256: activation.inForce.sha256,
          atSize: size
        )
      }
      guard let bundled = BundledRules.all.first(where: { $0.id == id }) else {
        throw .badInput(
          "no rules \(id) are known after \(counted(size, "event")), and none of that id are bundled; "
            + "rules list shows them, and a file is named with a slash, .yaml or .yml"
        )
      }
      return head.rules.hypothetical(try bundled.rules(), sha256: bundled.sha256, atSize: size)
    case .file(let name, let text):
      return head.rules.hypothetical(
        try Self.readRules(text: text, name: name),
        sha256: hexadecimalSHA256(of: text),
        atSize: size
      )
    }
  }
}
