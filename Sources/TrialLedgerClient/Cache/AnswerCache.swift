import LedgerCore

/// Answers that are known, for as long as they may be trusted.
///
/// An answer lives at most ``Limits/lifetime``, never into the day on which it ends by itself, and not
/// past a change of it that was announced. While no announcements are heard, answers are trusted for
/// ``Limits/unheard`` only. It decides without a clock, a network or a lock of its own.
struct AnswerCache: Sendable {
  struct Limits: Sendable {
    /// The most answers that are kept; the one that was asked for longest ago goes first.
    var count = 100_000
    /// How long an answer lives at most, in milliseconds: 8 hours.
    var lifetime: Int64 = 8 * 3_600_000
    /// How old an answer may be while no changes are heard of, in milliseconds.
    var unheard: Int64 = 5_000
    /// How far this machine's clock may be behind the server's, in milliseconds: an answer that ends
    /// on a date ends so much before midnight.
    var skew: Int64 = 5_000
  }

  /// A question that was sent and not answered yet.
  struct Ticket: Hashable, Sendable {
    fileprivate let number: Int
  }

  private struct Entry {
    var answer: Eligibility
    var storedAt: Instant
    /// When the server was asked, by whomever.
    var askedAt: Instant
  }

  private struct ChangedMeanwhile {
    var ids: Set<NamespaceID> = []
    var isEverybody = false
  }

  /// So many changed namespaces are told apart while a question is on its way.
  private static var changeCountMax: Int { 10_000 }

  private let limits: Limits
  private var entries: RecentlyUsed<NamespaceID, Entry>
  private var tickets: [Ticket: ChangedMeanwhile] = [:]
  private var nextTicket = 0
  /// Since when every change has been heard of; `nil` while none is heard of.
  private var heardSince: Instant?
  /// When changes were heard of last, if they were and are no more, and since when they had been.
  private var lost: (since: Instant, at: Instant)?
  /// Where the changes were that have been heard of since.
  private var changes = HeardChanges()
  /// What the newest announcement was about.
  private var newest: (position: Int, date: CalendarDate) = (-1, .first)

  init(_ limits: Limits = Limits()) {
    self.limits = limits
    entries = RecentlyUsed(countMax: max(1, limits.count))
  }

  /// The number of answers that are kept.
  var count: Int { entries.count }

  /// The answer about a namespace; `nil` when the server has to be asked.
  mutating func answer(about id: NamespaceID, at now: Instant) -> Eligibility? {
    guard let entry = entries[id] else { return nil }
    guard isTrusted(entry, at: now) else {
      entries.remove(id)
      return nil
    }
    return entry.answer
  }

  private func isTrusted(_ entry: Entry, at now: Instant) -> Bool {
    let age = now.milliseconds - entry.storedAt.milliseconds
    // A clock that went back says nothing of ages.
    guard age >= 0, now < end(of: entry.answer, askedAt: entry.askedAt) else { return false }
    if age <= limits.unheard { return true }
    // In the same millisecond, it may have been asked for before.
    if let heardSince { return entry.storedAt > heardSince }
    guard let lost else { return false }
    return entry.storedAt > lost.since && now.milliseconds - lost.at.milliseconds <= limits.unheard
  }

  /// When an answer is not to be trusted any more, whatever is heard.
  func end(of answer: Eligibility, askedAt: Instant) -> Instant {
    var milliseconds = askedAt.milliseconds + limits.lifetime
    if let end = answer.validUntil {
      milliseconds = min(milliseconds, Instant(midnightOf: end).milliseconds - limits.skew)
    }
    return Instant(milliseconds: milliseconds) ?? askedAt
  }

  // MARK: - Questions

  /// Notes that a question is sent.
  mutating func ask() -> Ticket {
    let ticket = Ticket(number: nextTicket)
    nextTicket += 1
    tickets[ticket] = ChangedMeanwhile()
    return ticket
  }

  /// Whether the answer to a question may have been made before a change that was announced since.
  func isOutdated(_ ticket: Ticket, about id: NamespaceID) -> Bool {
    guard let meanwhile = tickets[ticket] else { return true }
    return meanwhile.isEverybody || meanwhile.ids.contains(id)
  }

  /// Takes the answers to a question; those that may be outdated already are not kept.
  ///
  /// - Parameters:
  ///   - ticket: The question; it is over.
  ///   - answers: What the server said.
  ///   - position: The number of events that it knew.
  ///   - date: Its date.
  ///   - now: When the question was sent, as the answer may be as old.
  mutating func keep(
    _ ticket: Ticket,
    _ answers: [NamespaceID: Eligibility],
    position: Int,
    date: CalendarDate,
    at now: Instant
  ) {
    // A server that is behind another one may not have seen what the other announced.
    let isNewEnough = position > newest.position && date >= newest.date
    if isNewEnough {
      for (id, answer) in answers where !isOutdated(ticket, about: id) {
        entries[id] = Entry(answer: answer, storedAt: now, askedAt: now)
      }
      // Of every later change this client hears.
      if let heardSince, now > heardSince { changes.begin(at: position) }
    }
    tickets[ticket] = nil
  }

  /// Takes answers that others got, those that are as good as if they were asked for now.
  ///
  /// Such an answer knows of every change up to its position, and this client has heard of every one
  /// since: so it is outdated only by a change at a later position. That takes that changes are heard
  /// of, and a first answer of this client's own, which says where that began.
  ///
  /// - Parameters:
  ///   - ticket: A question that was begun before they were looked for, and goes on.
  ///   - others: What others got, with the position and when they asked.
  ///   - now: When they were looked for.
  /// - Returns: Those that were taken.
  mutating func adopt(
    _ ticket: Ticket,
    _ others: [NamespaceID: (answer: Eligibility, position: Int, askedAt: Instant)],
    at now: Instant
  ) -> [NamespaceID: Eligibility] {
    guard let heardSince, now > heardSince else { return [:] }
    var taken: [NamespaceID: Eligibility] = [:]
    for (id, other) in others {
      guard !isOutdated(ticket, about: id), changes.isNewest(other.position, about: id),
        now < end(of: other.answer, askedAt: other.askedAt),
        // Of a clock that is far ahead the age is not known.
        other.askedAt.milliseconds <= now.milliseconds + limits.skew
      else { continue }
      entries[id] = Entry(answer: other.answer, storedAt: now, askedAt: other.askedAt)
      taken[id] = other.answer
    }
    return taken
  }

  /// Notes that a question has no answer.
  mutating func giveUp(_ ticket: Ticket) {
    tickets[ticket] = nil
  }

  // MARK: - Changes

  /// Notes that changes are heard of from now on.
  ///
  /// - Parameters:
  ///   - isContinued: Whether none is left out since they were heard of last.
  ///   - now: The time.
  mutating func hear(isContinued: Bool, at now: Instant) {
    let isRecent = lost.map { now.milliseconds - $0.at.milliseconds <= limits.unheard } ?? false
    // After a longer while, what is announced late would be believed until then.
    let since = isContinued && isRecent ? lost?.since : nil
    if since == nil { changes = HeardChanges() }
    heardSince = since ?? now
    lost = nil
  }

  /// Notes that no changes are heard of any more.
  ///
  /// - Parameter now: When something was heard last.
  mutating func lose(at now: Instant) {
    if let heardSince { lost = (heardSince, now) }
    heardSince = nil
  }

  /// Notes a change.
  ///
  /// - Parameters:
  ///   - id: Whose; `nil`: everybody's.
  ///   - position: The position of the event that it follows from; `nil` for a date.
  ///   - date: The date on which the new list is judged.
  mutating func change(of id: NamespaceID?, position: Int?, date: CalendarDate) {
    newest = (max(newest.position, position ?? -1), max(newest.date, date))
    changes.note(id, at: position ?? newest.position)
    guard let id else {
      entries.removeAll()
      for ticket in tickets.keys { tickets[ticket] = ChangedMeanwhile(isEverybody: true) }
      return
    }
    entries.remove(id)
    for ticket in tickets.keys {
      tickets[ticket]?.ids.insert(id)
      if tickets[ticket]?.ids.count ?? 0 > Self.changeCountMax {
        tickets[ticket] = ChangedMeanwhile(isEverybody: true)
      }
    }
  }
}
