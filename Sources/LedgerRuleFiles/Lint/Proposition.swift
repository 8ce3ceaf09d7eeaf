internal import LedgerCore

/// Something that is true or false of a namespace on a date, as the leaves of a condition ask it.
///
/// The plan in force is no proposition: it has one of several values, see ``AbstractStates``.
enum Proposition: Hashable, Sendable {
  /// A paid plan has ever started.
  case everPaid
  /// A record of the types is visible.
  case exists(Types)
  /// One of the types is active.
  case active(Types)
  /// At most so many records of the types are visible.
  case count(Types, atMost: Int)
  /// No record of the types is visible, or the latest start is at least so many days ago.
  case started(Types, atLeast: Int)
  /// No record of the types is visible, or the latest end is at least so many days ago.
  case ended(Types, atLeast: Int)
  /// At most so many extensions are visible.
  case extensions(atMost: Int)
  /// At most so many reactivations are visible.
  case reactivations(atMost: Int)
  /// At most so many of both are visible.
  case extensionsAndReactivations(atMost: Int)

  /// A set of trial types; `nil` is every type.
  struct Types: Hashable, Sendable {
    private let listed: Set<TrialType>?

    /// The types that `selection` means.
    init(_ selection: TypeSelection) {
      switch selection {
      case .any: listed = nil
      case .types(let types): listed = Set(types)
      }
    }

    /// Whether every type is meant.
    var isAny: Bool { listed == nil }

    /// Whether every type of this set is in `other`.
    func isSubset(of other: Types) -> Bool {
      guard let wide = other.listed else { return true }
      return listed?.isSubset(of: wide) ?? false
    }
  }
}

extension Proposition {
  /// A value of the first and one of the second proposition of a pair; at least one of the two is
  /// there in every state there can be.
  typealias Clause = (first: Bool, second: Bool)

  /// What two propositions have to do with each other.
  ///
  /// Every clause is a fact about the domain, so that no possible state is ruled out; some impossible
  /// ones are not, and then lint says less than it could.
  static func clauses(_ first: Proposition, _ second: Proposition) -> [Clause] {
    impossibilities(first, second) + (first == second ? [] : implications(first, second))
  }

  /// Values that a proposition cannot have, or that a pair cannot have both.
  private static func impossibilities(
    _ first: Proposition,
    _ second: Proposition
  ) -> [Clause] {
    switch (first, second) {
    // A visible record started on the date or before.
    case (.started(_, atLeast: 0), _) where first == second:
      return [(true, true)]
    // None at all is the same as at most 0 …
    case (.count(let counted, atMost: 0), .exists(let existing)) where counted == existing:
      return [(true, true), (false, false)]
    case (.count(let all, atMost: 0), .exists(let some)) where some.isSubset(of: all),
      (.count(let all, atMost: 0), .active(let some)) where some.isSubset(of: all):
      return [(false, false)]
    // … and not active is the same as ended today or before.
    case (.ended(let ended, atLeast: 0), .active(let active)) where ended == active:
      return [(true, true), (false, false)]
    // What is active has not ended.
    case (.active(let active), .ended(let ended, _)) where active.isSubset(of: ended):
      return [(false, false)]
    // Where no record is, every bound on records holds.
    case (.exists(let all), .count(let some, _)) where some.isSubset(of: all),
      (.exists(let all), .started(let some, _)) where some.isSubset(of: all),
      (.exists(let all), .ended(let some, _)) where some.isSubset(of: all):
      return [(true, true)]
    case (.exists(let all), .reactivations) where all.isAny:
      return [(true, true)]
    default:
      return []
    }
  }

  /// What follows from `first` being true.
  private static func implications(
    _ first: Proposition,
    _ second: Proposition
  ) -> [Clause] {
    let follows =
      switch (first, second) {
      case (.exists(let some), .exists(let all)), (.active(let some), .active(let all)),
        (.active(let some), .exists(let all)):
        some.isSubset(of: all)
      case (.count(let all, let few), .count(let some, let many)):
        some.isSubset(of: all) && few <= many
      case (.started(let all, let long), .started(let some, let short)),
        (.ended(let all, let long), .ended(let some, let short)),
        // A record ends on its start or later.
        (.ended(let all, let long), .started(let some, let short)):
        some.isSubset(of: all) && short <= long
      case (.extensions(let few), .extensions(let many)),
        (.reactivations(let few), .reactivations(let many)),
        (.extensionsAndReactivations(let few), .extensionsAndReactivations(let many)),
        (.extensionsAndReactivations(let few), .extensions(let many)),
        (.extensionsAndReactivations(let few), .reactivations(let many)):
        few <= many
      // A reactivation is a record too.
      case (.count(let all, let few), .reactivations(let many)):
        all.isAny && few <= many
      default:
        false
      }
    return follows ? [(false, true)] : []
  }
}
