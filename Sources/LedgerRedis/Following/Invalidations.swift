/// What is left to delete, in which order and when: the decisions of the invalidation, without time,
/// Redis or threads of their own.
///
/// Keys are deleted as soon as their answers change, and again after each of ``Options/graces``: GitLab
/// may have asked just before the change and store what it heard just after the deletion. Only after
/// the last of them is a change done with, and ``place`` moves past it; so what a stop interrupts is
/// done again from the start. What is done with is remembered until the place is kept beside the keys,
/// since data that Redis lost are those since then.
///
/// Memory is bounded: when too many namespaces wait, they become one wave over all keys.
struct Invalidations<Place: Equatable & Sendable>: Sendable {
  struct Options: Sendable {
    /// How long after a deletion the next one is due, one after the other.
    var graces: [Duration] = [.seconds(1), .seconds(21)]
    /// How long changes are collected into one wave after their first deletion.
    var collecting: Duration = .milliseconds(50)
    /// The most namespaces that wait for a deletion.
    var waitingCountMax = 1_000_000
    /// The most namespaces of one deletion.
    var deletionCountMax = 16_000
  }

  /// What to do next.
  enum Action: Equatable, Sendable {
    /// Delete the keys of these namespaces.
    case delete([Int64])
    /// Go one step through all keys.
    case sweepStep
  }

  /// Changes that come and go together.
  private struct Wave {
    /// `nil`: everybody.
    var ids: [Int64]?
    /// The place after it.
    var place: Place
    /// How many deletions have been done.
    var stage = 0
    /// When the next one is due; `nil` when all have been done.
    var due: Duration?
    /// When the first was done.
    var deletedFirst: Duration?
    /// How many of ``ids`` the present deletion has done.
    var doneCount = 0
    /// Whether the sweep that goes on counts for it.
    var isSwept = false

    func isDueSweep(at now: Duration) -> Bool {
      guard ids == nil, let due else { return false }
      return due <= now
    }
  }

  private let options: Options
  private var waves: [Wave] = []
  private var present: (wave: Int, count: Int)?
  private var isSweeping = false
  private var wasSweepStep = false
  /// The place before all waves; `nil` when none is known.
  private var origin: Place?
  /// The number of namespaces in all waves.
  private(set) var waitingCount = 0

  /// Nothing left to do up to a place.
  init(at place: Place, _ options: Options = Options()) {
    self.options = options
    origin = place
  }

  /// Nothing known up to a place: all keys are to be deleted.
  init(sweepingUpTo place: Place, at now: Duration, _ options: Options = Options()) {
    self.options = options
    waves = [Wave(ids: nil, place: place, due: now)]
  }

  // MARK: - What changes

  /// Takes changes.
  ///
  /// - Parameters:
  ///   - ids: Whose lists changed; any number.
  ///   - isEverybody: Whether all others' changed too.
  ///   - place: After them.
  ///   - now: The time.
  mutating func receive(
    _ ids: [Int64],
    isEverybody: Bool = false,
    upTo place: Place,
    at now: Duration
  ) {
    precondition(present == nil, "a deletion is done or begun anew before more is taken")
    if isEverybody { waves.append(Wave(ids: nil, place: place, due: now)) }
    if !ids.isEmpty {
      waves.append(Wave(ids: ids, place: place, due: now))
      waitingCount += ids.count
      if waitingCount > options.waitingCountMax { collapse(upTo: place, at: now) }
    }
    if let last = waves.indices.last {
      waves[last].place = place
    } else {
      origin = place
    }
  }

  /// Makes one wave over all keys of the waves of single namespaces.
  private mutating func collapse(upTo place: Place, at now: Duration) {
    waves.removeAll { $0.ids != nil }
    waves.append(Wave(ids: nil, place: place, due: now))
    waitingCount = 0
  }

  // MARK: - What to do

  /// What is due; `nil` when nothing is yet.
  ///
  /// First deletions come before later ones, and the steps of a sweep between them.
  mutating func next(at now: Duration) -> Action? {
    precondition(present == nil, "one thing is done after the other")
    let chosen = dueWave(at: now)
    if isSweepDue(at: now), chosen == nil || !wasSweepStep {
      wasSweepStep = true
      if !isSweeping { beginSweep(at: now) }
      return .sweepStep
    }
    wasSweepStep = false
    guard let chosen, let ids = waves[chosen].ids else { return nil }
    let rest = ids[waves[chosen].doneCount...].prefix(options.deletionCountMax)
    present = (chosen, rest.count)
    return .delete(Array(rest))
  }

  private func dueWave(at now: Duration) -> Int? {
    var chosen: Int?
    for (index, wave) in waves.enumerated() where wave.ids != nil {
      guard let due = wave.due, due <= now else { continue }
      if wave.stage == 0 { return index }
      if chosen == nil { chosen = index }
    }
    return chosen
  }

  private func isSweepDue(at now: Duration) -> Bool {
    isSweeping || waves.contains { $0.isDueSweep(at: now) }
  }

  private mutating func beginSweep(at now: Duration) {
    isSweeping = true
    for index in waves.indices where waves[index].isDueSweep(at: now) {
      waves[index].isSwept = true
    }
  }

  /// Notes that the last deletion asked for was done.
  mutating func didDelete(at now: Duration) {
    guard let (index, count) = present.take() else { return }
    waves[index].doneCount += count
    guard waves[index].doneCount == waves[index].ids?.count else { return }
    finish(index, at: now)
    collect(index, at: now)
  }

  /// Notes that a sweep has come to its end.
  mutating func didSweep(at now: Duration) {
    isSweeping = false
    for index in waves.indices where waves[index].isSwept {
      waves[index].isSwept = false
      finish(index, at: now)
    }
  }

  private mutating func finish(_ index: Int, at now: Duration) {
    let stage = waves[index].stage
    if stage == 0 { waves[index].deletedFirst = now }
    waves[index].doneCount = 0
    waves[index].due = stage < options.graces.count ? now + options.graces[stage] : nil
    waves[index].stage = stage + 1
  }

  /// Joins a wave to the one before it when that had its first deletion a moment ago.
  private mutating func collect(_ index: Int, at now: Duration) {
    guard index > 0, waves[index].stage == 1, waves[index - 1].stage == 1,
      waves[index - 1].doneCount == 0, waves[index].due != nil, waves[index - 1].ids != nil,
      let former = waves[index - 1].deletedFirst, now - former < options.collecting
    else { return }
    let wave = waves.remove(at: index)
    waves[index - 1].ids?.append(contentsOf: wave.ids ?? [])
    (waves[index - 1].place, waves[index - 1].due) = (wave.place, wave.due)
  }

  /// The place that all is done up to; `nil` when none is known.
  var place: Place? { waves.prefix { $0.due == nil }.last?.place ?? origin }

  /// Notes that ``place`` was kept beside the keys.
  mutating func didKeepPlace() {
    let finished = waves.prefix { $0.due == nil }
    guard let last = finished.last else { return }
    origin = last.place
    waitingCount -= finished.reduce(0) { $0 + ($1.ids?.count ?? 0) }
    waves.removeFirst(finished.count)
  }

  /// Begins all since the place kept last anew: Redis may have lost deletions that it had answered.
  mutating func beginAnew(at now: Duration) {
    present = nil
    isSweeping = false
    for index in waves.indices {
      let (ids, place) = (waves[index].ids, waves[index].place)
      waves[index] = Wave(ids: ids, place: place, due: now)
    }
  }

  // MARK: - How far it is

  /// Whether every change received has had its first deletion.
  var isUpToDate: Bool { !waves.contains { $0.stage == 0 } }

  /// When something is due next; `nil` when nothing waits.
  func nextDue(at now: Duration) -> Duration? {
    isSweeping ? now : waves.lazy.compactMap(\.due).min()
  }
}
