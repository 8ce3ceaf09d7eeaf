/// What is wrong with a ledger's folder or with the machine, one finding a check.
public struct DoctorReport: Equatable, Sendable {
  /// How bad a finding is.
  public enum Verdict: String, Sendable {
    /// As it should be.
    case ok
    /// The ledger works; somebody should look.
    case warn
    /// The ledger does not work, or loses what it promises.
    case bad
  }

  /// What one check found.
  public struct Finding: Equatable, Sendable {
    /// The check, a short name that stays the same.
    public let check: String
    /// How bad it is.
    public let verdict: Verdict
    /// What was found, without a full stop.
    public let found: String
    /// What to do, without a full stop; empty when nothing has to be done.
    public let advice: String

    /// A finding of the given parts.
    public init(_ check: String, _ verdict: Verdict, _ found: String, advice: String = "") {
      self.check = check
      self.verdict = verdict
      self.found = found
      self.advice = advice
    }
  }

  /// The findings, in the order of the checks.
  public let findings: [Finding]
  /// Whether stored bytes are not what was written.
  public let isDamaged: Bool

  /// The worst of the findings.
  public var verdict: Verdict {
    if findings.contains(where: { $0.verdict == .bad }) { return .bad }
    return findings.contains { $0.verdict == .warn } ? .warn : .ok
  }

  /// The exit code of `doctor`: 70 damaged, 1 something is bad, 0 else.
  public var exitCode: Int32 {
    if isDamaged { return 70 }
    return verdict == .bad ? 1 : 0
  }
}
