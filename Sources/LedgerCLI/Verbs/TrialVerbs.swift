import ArgumentParser
import LedgerFormat

/// `start`: one `start_trial`.
struct Start: SingleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Starts a trial today, if the rules allow it.",
    discussion: """
      EXAMPLES
        trial-ledger start 42 --trial-type ultimate_with_dap \\
          --actor-user 7 --actor-role owner
        trial-ledger start 42 --trial-type ultimate_with_dap \\
          --command-id 0d5fd1d2-9c0a-4b0a-8f2e-5a1c6d7e8f90 \\
          --source glm_source=about.gitlab.com

      Prints the outcome; exits 0 when it is recorded (or already was), 1 when it is refused or in \
      conflict, 65 when it is no command.
      """
  )
  static let commandName = "start_trial"

  @Argument(help: "The namespace's id.") var namespace: String
  @Option(name: .customLong("trial-type"), help: ArgumentHelp("Which trial.", valueName: "type"))
  var trialType: String
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Who and why") var write: WriteOptions
  @OptionGroup var json: JSONOption

  var ownMembers: [JSONMember] { [JSONMember("trial_type", .string(trialType))] }
}

/// `extend`: one `extend_trial`.
struct Extend: SingleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Gives the active trial a later end, if the rules allow it.",
    discussion: """
      EXAMPLES
        trial-ledger extend 42 --actor-user 7 --actor-role owner \\
          --reason "order 8812 pending"
        trial-ledger extend 42 --trial-type ultimate --expected-version 3

      Without --trial-type, the only active trial that the rules let be extended is taken.
      """
  )
  static let commandName = "extend_trial"

  @Argument(help: "The namespace's id.") var namespace: String
  @Option(name: .customLong("trial-type"), help: ArgumentHelp("Which trial.", valueName: "type"))
  var trialType: String?
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Who and why") var write: WriteOptions
  @OptionGroup var json: JSONOption

  var ownMembers: [JSONMember] { trialType.map { [JSONMember("trial_type", .string($0))] } ?? [] }
}

/// `reactivate`: one `reactivate_trial`.
struct Reactivate: SingleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Grants an expired trial again, if the rules allow it.",
    discussion: """
      EXAMPLES
        trial-ledger reactivate 42 --actor-user 9 --actor-role support \\
          --reason "lost a week"

      Without --trial-type, the trial that ended last is taken.
      """
  )
  static let commandName = "reactivate_trial"

  @Argument(help: "The namespace's id.") var namespace: String
  @Option(name: .customLong("trial-type"), help: ArgumentHelp("Which trial.", valueName: "type"))
  var trialType: String?
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Who and why") var write: WriteOptions
  @OptionGroup var json: JSONOption

  var ownMembers: [JSONMember] { trialType.map { [JSONMember("trial_type", .string($0))] } ?? [] }
}

/// `end`: one `end_trial`.
struct End: SingleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ends an active trial today.",
    discussion: """
      EXAMPLES
        trial-ledger end 42 --trial-type ultimate --reason "customer asked"

      A trial that a paid plan replaces ends by itself with change-plan.
      """
  )
  static let commandName = "end_trial"

  @Argument(help: "The namespace's id.") var namespace: String
  @Option(name: .customLong("trial-type"), help: ArgumentHelp("Which trial.", valueName: "type"))
  var trialType: String
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Who and why") var write: WriteOptions
  @OptionGroup var json: JSONOption

  var ownMembers: [JSONMember] { [JSONMember("trial_type", .string(trialType))] }
}
