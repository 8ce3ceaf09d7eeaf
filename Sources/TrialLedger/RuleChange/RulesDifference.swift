public import LedgerCore

/// Who gains and who loses which trial types when one rule set takes the place of another.
///
/// A namespace gains (loses) a type if it is in the new set's list and not in the old one's (the
/// reverse) on some of the days compared; each such change is counted once in every table, so that
/// all tables have the same sums.
public struct RulesDifference: Equatable, Sendable {
  /// Whether a type is gained or lost.
  public enum Direction: String, Equatable, Sendable {
    case gain, loss
  }

  /// Changes that give a type, and changes that take one away.
  public struct Count: Equatable, Sendable {
    /// How many gain.
    public let gains: Int
    /// How many lose.
    public let losses: Int

    /// Counts of that many.
    public init(gains: Int, losses: Int) {
      self.gains = gains
      self.losses = losses
    }
  }

  /// Which leaf refuses a type to one side of the comparison.
  public struct Leaf: Equatable, Sendable {
    /// The set that the leaf stands in: for a gain the old one, for a loss the new one.
    public let rulesID: RulesID
    /// Where it stands in the type's `eligible_when`, like `all[2].any[0]` or `all[1].not`; empty
    /// for the root.
    public let path: String
    /// The leaf itself.
    public let condition: Condition
    /// How it reads to a person, with every `not` directly around it.
    public let words: String
    /// What the type is refused by because of it; `nil` for the default.
    public let refuseAs: String?
  }

  /// That a namespace gains or loses one type.
  public struct Change: Equatable, Sendable {
    /// The namespace.
    public let namespaceID: NamespaceID
    /// The type.
    public let type: TrialType
    /// Whether it is gained or lost.
    public let direction: Direction
    /// The first of the days on which it is so.
    public let firstDay: CalendarDate
    /// The last of these days.
    public let lastDay: CalendarDate
    /// How many they are: fewer than those from first to last where it is so with interruptions.
    public let dayCount: Int
    /// The leaf that decides on the first day; `nil` when the refusing set does not define the type.
    ///
    /// It is the first, in file order, of a smallest set of leaves that would make the refusing
    /// condition true if each had its other value: where one leaf is enough, that one.
    public let leaf: Leaf?
  }

  /// The changes that one leaf decides.
  public struct Reason: Equatable, Sendable {
    /// The type.
    public let type: TrialType
    /// Whether it is gained or lost.
    public let direction: Direction
    /// The leaf, see ``Change/leaf``.
    public let leaf: Leaf?
    /// How many changes.
    public let count: Int
    /// Up to three of them: the same ones every time, from everywhere among the ids.
    public let samples: [Change]
  }

  /// The set in whose place the other would come.
  public let from: RulesInForce
  /// The set that would come in its place.
  public let to: RulesInForce
  /// The number of events known.
  public let position: Int
  /// The first day compared.
  public let firstDay: CalendarDate
  /// The last day compared.
  public let lastDay: CalendarDate
  /// How many namespaces have events; only they are counted.
  public let namespaceCount: Int
  /// How many of them gain or lose something.
  public let changedNamespaceCount: Int
  /// All changes.
  public let total: Count
  /// By type, in the new set's order, then those that only the old one has.
  public let byType: [(type: TrialType, count: Count)]
  /// By the plan in force on the first day (by the old set where no plan period is), those with most
  /// changes first; only plans with some.
  public let byPlan: [(plan: PlanCode, count: Count)]
  /// By the day on which the changes begin, only days with some.
  public let byDay: [(day: CalendarDate, count: Count)]
  /// By the leaf that decides, those with most changes first; only leaves with some.
  public let byReason: [Reason]
  /// The types that a namespace without events, which is counted nowhere, would gain.
  public let gainsOfUnknown: [TrialType]
  /// The types that it would lose.
  public let lossesOfUnknown: [TrialType]

  /// Whether nobody gains or loses anything, namespaces without events included.
  public var isEmpty: Bool {
    changedNamespaceCount == 0 && gainsOfUnknown.isEmpty && lossesOfUnknown.isEmpty
  }

  /// The days compared.
  public var dayCount: Int { lastDay.days(since: firstDay) + 1 }

  /// Compares every part.
  public static func == (left: RulesDifference, right: RulesDifference) -> Bool {
    left.from == right.from && left.to == right.to && left.position == right.position
      && left.firstDay == right.firstDay && left.lastDay == right.lastDay
      && left.namespaceCount == right.namespaceCount
      && left.changedNamespaceCount == right.changedNamespaceCount
      && left.byType.elementsEqual(right.byType, by: ==)
      && left.byPlan.elementsEqual(right.byPlan, by: ==)
      && left.byDay.elementsEqual(right.byDay, by: ==)
      && left.byReason == right.byReason
      && left.gainsOfUnknown == right.gainsOfUnknown
      && left.lossesOfUnknown == right.lossesOfUnknown
  }
}
