import ArgumentParser
import LedgerHTTP
import TrialLedger

/// `token create`: a new token.
struct TokenCreate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Makes a token and prints it, this once.",
    discussion: """
      EXAMPLES
        trial-ledger token create --role reader
        trial-ledger token create --role reader --role writer --id orders --days 90

      The roles: reader asks, writer sends commands, auditor reads events with all that they carry, \
      operator changes the rules.
      """
  )

  @Option(
    name: .customLong("role"),
    help: ArgumentHelp("What its bearer may do; may be given several times.", valueName: "role")
  )
  var roles: [String] = []
  @Option(help: ArgumentHelp("Its id, [a-z0-9]{1,32} (default: random).", valueName: "id"))
  var id: String?
  @Option(help: ArgumentHelp("How many days it is valid (default: for ever).", valueName: "n"))
  var days: Int?
  @OptionGroup var data: DataOptions

  func validate() throws {
    if roles.isEmpty { throw ValidationError("Give at least one --role.") }
    for role in roles where Role(rawValue: role) == nil {
      let names = Role.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("'\(role)' is no role; the roles are \(names).")
    }
    if let days, !(1...36_500).contains(days) {
      throw ValidationError("--days must be 1 to 36500.")
    }
  }

  func run() throws {
    let now = SystemClock().now()
    let expiry = try days.map { days in
      let milliseconds = now.milliseconds + Int64(days) * 86_400_000
      guard let expiry = Instant(milliseconds: milliseconds) else {
        throw Failure.badInput("The token would be valid past the last date there is.")
      }
      return expiry
    }
    var generator = SystemRandomNumberGenerator()
    let made = AccessToken.generate(
      id: id,
      roles: Set(roles.compactMap(Role.init)),
      createdAt: now,
      expiresAt: expiry,
      using: &generator
    )
    guard let made else {
      throw Failure.badInput("'\(id ?? "")' is no id of a token; ids are [a-z0-9]{1,32}")
    }
    let isAdded = try TokenStore(data).change { $0.add(made.token) }
    guard isAdded else {
      throw Failure.badInput("There is a token \(made.token.id) already; revoke it first.")
    }
    let output = Output()
    try output.writeLine(made.text)
    try output.flush()
  }
}
