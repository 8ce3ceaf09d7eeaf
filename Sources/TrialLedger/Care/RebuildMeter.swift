/// How far a rebuild is, how fast it goes, and how long it still takes.
///
/// A pure function of what is done and how long it took. The steps are counted in one unit, so that
/// the time left is right before the later ones have begun.
struct RebuildMeter {
  /// A step, by what it costs for each thing it counts, relative to folding an event.
  ///
  /// Folding and answers as measured in <doc:0007-pages-built-anew>; the others follow from the bytes
  /// of a namespace that they compare, or compress and write. Only the ratios count, so a faster
  /// machine changes nothing.
  enum Step: Int, CaseIterable {
    /// Reading and folding events.
    case fold
    /// Working out the answers of namespaces.
    case answers
    /// Comparing namespaces with those that serve.
    case comparison
    /// Writing namespaces to a snapshot.
    case snapshot

    /// What one costs.
    var weight: Double {
      switch self {
      case .fold: 1
      case .answers: 3
      case .comparison: 0.5
      case .snapshot: 4
      }
    }

    /// What it is called, in two or three words.
    var phase: String {
      switch self {
      case .fold: "rebuilding"
      case .answers: "working out answers"
      case .comparison: "comparing"
      case .snapshot: "writing the snapshot"
      }
    }
  }

  private let eventCount: Int
  private let namespaceCount: Int
  let steps: [Step]
  private var done = [Double](repeating: 0, count: Step.allCases.count)

  /// A rebuild of so many events, and about so many namespaces.
  init(eventCount: Int, namespaceCount: Int, writesSnapshot: Bool) {
    self.eventCount = eventCount
    self.namespaceCount = namespaceCount
    steps = writesSnapshot ? Step.allCases : [.fold, .answers, .comparison]
  }

  private func total(_ step: Step) -> Double {
    Double(step == .fold ? eventCount : namespaceCount)
  }

  /// Takes note of the part of a step that is done, 0 to 1.
  mutating func note(_ step: Step, _ part: Double) {
    done[step.rawValue] = min(max(part, 0), 1)
    for earlier in steps where earlier.rawValue < step.rawValue { done[earlier.rawValue] = 1 }
  }

  /// The part of all the work that is done, 0 to 1.
  var fraction: Double {
    var (sum, all) = (0.0, 0.0)
    for step in steps {
      let work = total(step) * step.weight
      all += work
      sum += work * done[step.rawValue]
    }
    return all > 0 ? sum / all : 1
  }

  /// How long the rest takes, in seconds, when so much time has passed; `nil` while nobody can say.
  func remainingSeconds(after elapsed: Double) -> Double? {
    let fraction = fraction
    guard fraction > 0 else { return nil }
    return max(0, elapsed * (1 - fraction) / fraction)
  }
}
