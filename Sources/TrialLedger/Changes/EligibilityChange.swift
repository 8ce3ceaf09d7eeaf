public import LedgerCore

/// Why something about a namespace is, or may be, no longer as it was.
public enum ChangeCause: Hashable, Sendable {
  /// An event of the namespace, at this position.
  case event(position: Int)
  /// Other rules, activated at this position.
  case rules(position: Int)
  /// A date came.
  case date
}

/// A namespace whose list of eligible trial types is no longer what it was.
public struct EligibilityChange: Equatable, Sendable {
  /// The namespace; `nil` is every namespace that had no events yet, which only other rules change:
  /// who keeps answers of such namespaces forgets them all.
  public let namespaceID: NamespaceID?
  /// The list as it was, in the order of the rules then; empty before the first rules.
  public let before: [TrialType]
  /// The list as it is, in the order of ``rules``.
  public let after: [TrialType]
  /// The first date on which ``after`` would differ if nothing else happened; `nil` if it never
  /// would.
  public let validUntil: CalendarDate?
  /// Why.
  public let cause: ChangeCause
  /// The date on which both lists are judged: the one that came, or the event's.
  public let date: CalendarDate
  /// The rules that ``after`` follows from.
  public let rules: RulesID
  /// The place after this change, for going on.
  public let cursor: ChangeCursor
}

/// A namespace to look at again: something about it happened or a date of it came, whether or not
/// its list changed.
public struct NamespaceTouch: Equatable, Sendable {
  /// The namespace.
  public let namespaceID: NamespaceID
  /// Why: an event of it; a date on which a trial or a plan period of it begins or ends; rules under
  /// which plans are shown or fall back otherwise.
  public let cause: ChangeCause
  /// The date that came, or the event's.
  public let date: CalendarDate
  /// The place after this, for going on.
  public let cursor: ChangeCursor
}

/// Where following changes begins.
public enum ChangeStart: Hashable, Sendable {
  /// Before the first event: everything that ever changed.
  case beginning
  /// After everything that has happened and the date that is today.
  case now
  /// After the change that a cursor came with.
  case cursor(ChangeCursor)
}
