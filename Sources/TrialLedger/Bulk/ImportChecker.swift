import LedgerCore
import LedgerFormat
import LedgerRuleFiles

/// Checks that facts from another system fold onto what is recorded, one after the other, before
/// the first is recorded.
struct ImportChecker: ~Copyable {
  private var states = ImportedStates()
  private var lastRecordedAt: Instant
  /// Whether that is still the ledger's newest event, and none of the file.
  private var isAtStart = true
  /// What the file calls the instant.
  private let instantName: String
  private let latest: Instant?
  private let isCopy: Bool
  private var position: Int
  private var seenCommands = SeenCommands()
  private var current: (namespace: NamespaceID, metadata: Metadata, count: Int)?
  private var codes: Set<String>
  private var contentByRules: [RulesID: String] = [:]
  /// The version of the content that was found right last.
  private(set) var checkedVersion = 0

  /// A check that goes on from what is recorded.
  ///
  /// `position` is that of the next event, `latest` the latest `recorded_at` that is accepted (`nil`
  /// is any). For a copy, positions and versions must be there and right. `codes` are the trial
  /// types and plans that are recorded. `instantName` is what the file calls `recorded_at`.
  init(
    position: Int,
    lastRecordedAt: Instant,
    latest: Instant?,
    isCopy: Bool,
    rules: RulesHistory,
    codes: [String],
    instantName: String = "recorded_at"
  ) {
    self.instantName = instantName
    self.codes = Set(codes)
    self.position = position
    self.lastRecordedAt = lastRecordedAt
    self.latest = latest
    self.isCopy = isCopy
    for activation in rules.activations {
      contentByRules[activation.inForce.rules.id] = activation.inForce.sha256
    }
  }

  /// Why `content` cannot be recorded next over `core`, in one sentence; `nil` when it can.
  ///
  /// Its own `recorded_at` is looked at only when it is kept.
  mutating func problem(
    _ content: EventContent,
    keepsInstant: Bool,
    over core: inout some RecordedFacts & ~Copyable
  ) throws(LedgerError) -> String? {
    if keepsInstant, let problem = instantProblem(content.recordedAt) { return problem }
    let id = content.namespaceID
    if let problem = try commandProblem(content, &core) { return problem }
    if let problem = codeProblem(content.fact) { return problem }
    var state = states.state(of: id, for: content.fact.trialType) ?? core.state(of: id)
    if isCopy, let problem = numberingProblem(content, state) { return problem }
    if let problem = try factProblem(content, state, core) { return problem }
    state.evolve(content.fact)
    checkedVersion = state.version
    states.keep(state, of: id)
    position += 1
    return nil
  }

  private mutating func instantProblem(_ recordedAt: Instant?) -> String? {
    guard let recordedAt else {
      return "\(instantName) is missing; give it, or use --recorded-now"
    }
    if recordedAt < lastRecordedAt, isAtStart {
      return
        "\(instantName) \(recordedAt) is before the ledger's newest event (\(lastRecordedAt)); "
        + "--recorded-now records it as of now"
    }
    if recordedAt < lastRecordedAt {
      return "\(instantName) \(recordedAt) is before \(lastRecordedAt), that of the event before; "
        + "put the file in order, or use --recorded-now"
    }
    if let latest, recordedAt > latest {
      return "\(instantName) \(recordedAt) is in the future"
    }
    lastRecordedAt = recordedAt
    isAtStart = false
    return nil
  }

  private func numberingProblem(_ content: EventContent, _ state: NamespaceState) -> String? {
    if content.position != position {
      return "position is \(content.position ?? -1), but \(position) comes next"
    }
    if content.version != state.version + 1 {
      return "version is \(content.version ?? -1), but \(state.version + 1) comes next"
    }
    return nil
  }

  /// The most events of one command; they are recorded in one batch.
  static let commandEventCountMax = 1_024
  /// The most trial types and plans of a ledger; room is left for those of rule sets to come.
  static let codeCountMax = 60_000

  /// A ledger numbers its trial types and plans with 16 bits.
  private mutating func codeProblem(_ fact: Fact) -> String? {
    let code: String
    if let type = fact.trialType {
      code = type.code
    } else if case .planChanged(let plan, _, _) = fact {
      code = plan.code
    } else {
      return nil
    }
    if codes.contains(code) { return nil }
    if codes.count >= Self.codeCountMax {
      return "\(code) would be one trial type or plan too many; there are \(codes.count)"
    }
    codes.insert(code)
    return nil
  }

  /// A command's events stand together; its id stands nowhere else.
  private mutating func commandProblem(
    _ content: EventContent,
    _ core: inout some RecordedFacts & ~Copyable
  ) throws(LedgerError) -> String? {
    guard let command = content.metadata.commandID else {
      current = nil
      return nil
    }
    if let current, current.metadata.commandID == command,
      current.namespace == content.namespaceID
    {
      if current.metadata != content.metadata {
        return "actor, reason and source differ from those of the event before, which has the same "
          + "command_id"
      }
      if current.count >= Self.commandEventCountMax {
        return "command_id \(command) stands at more than \(Self.commandEventCountMax) events"
      }
      self.current?.count += 1
      return nil
    }
    guard seenCommands.insert(command) else {
      return "command_id \(command) stands in the file before, for another command"
    }
    if core.size > 0, try core.knows(command) {
      return "command_id \(command) is recorded already"
    }
    current = (content.namespaceID, content.metadata, 1)
    return nil
  }

  private mutating func factProblem(
    _ content: EventContent,
    _ state: NamespaceState,
    _ core: borrowing some RecordedFacts & ~Copyable
  ) throws(LedgerError) -> String? {
    switch content.fact {
    case .rulesActivated(let id, let sha256, let text):
      if hexadecimalSHA256(of: text) != sha256 { return "rules_sha256 is not that of rules" }
      do {
        let rules = try RuleFile.read(text)
        if rules.id != id { return "rules_id is \(id), but the text says \(rules.id)" }
      } catch {
        return "rules:\(error)"
      }
      if let known = contentByRules[id], known != sha256 {
        return "rules_id \(id) is known with other content"
      }
      contentByRules[id] = sha256
    case .namespaceMoved(let parent?):
      var ancestor: NamespaceID? = parent
      var count = 0
      while let current = ancestor {
        if current == content.namespaceID {
          return "parent_id \(parent) is the namespace or lies below it"
        }
        count += 1
        let known = states.parent(of: current)
        ancestor = known.isKept ? known.parent : core.state(of: current).parent
        if count > ancestorCountMax {
          return "the namespace would have more than \(ancestorCountMax) ancestors"
        }
      }
    default:
      break
    }
    if position == 0, content.namespaceID != .ledger || content.fact.name != "rules_activated" {
      return "a ledger begins with rules_activated, not with \(content.fact.name)"
    }
    return state.foldProblem(content.fact)
  }
}

extension Fact {
  /// The trial type that it is about; `nil` for plans and everything else.
  fileprivate var trialType: TrialType? {
    switch self {
    case .trialStarted(let type, _, _), .trialReactivated(let type, _, _),
      .trialExtended(let type, _, _, _), .trialEnded(let type, _, _):
      type
    case .planChanged, .namespaceMoved, .rulesActivated, .unknown: nil
    }
  }
}
