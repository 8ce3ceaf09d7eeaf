import ArgumentParser
import LedgerFormat

/// `change-plan`: one `change_plan`.
struct ChangePlan: SingleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Puts a plan in force, now or later; ends the trials that a paid plan replaces.",
    discussion: """
      EXAMPLES
        trial-ledger change-plan 42 --plan premium
        trial-ledger change-plan 42 --plan ultimate \\
          --starts-on 2027-01-01 --ends-on 2028-01-01
      """
  )
  static let commandName = "change_plan"

  @Argument(help: "The namespace's id.") var namespace: String
  @Option(help: ArgumentHelp("Which plan.", valueName: "code")) var plan: String
  @Option(
    name: .customLong("starts-on"),
    help: ArgumentHelp("Its first day (default: today).", valueName: "date")
  )
  var startsOn: String?
  @Option(
    name: .customLong("ends-on"),
    help: ArgumentHelp("The day after its last (default: open).", valueName: "date")
  )
  var endsOn: String?
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Who and why") var write: WriteOptions
  @OptionGroup var json: JSONOption

  var ownMembers: [JSONMember] {
    var members = [JSONMember("plan", .string(plan))]
    if let startsOn { members.append(JSONMember("starts_on", .string(startsOn))) }
    if let endsOn { members.append(JSONMember("ends_on", .string(endsOn))) }
    return members
  }
}

/// `move`: one `move_namespace`.
struct Move: SingleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes the namespace a subgroup of another, or top level again.",
    discussion: """
      EXAMPLES
        trial-ledger move 42 --parent-id 7
        trial-ledger move 42 --top-level

      A subgroup has no trials of its own and is eligible for none.
      """
  )
  static let commandName = "move_namespace"

  @Argument(help: "The namespace's id.") var namespace: String
  @Option(
    name: .customLong("parent-id"),
    help: ArgumentHelp("The group it becomes a subgroup of.", valueName: "id")
  )
  var parentID: String?
  @Flag(name: .customLong("top-level"), help: "It becomes a top-level group again.")
  var isTopLevel = false
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Who and why") var write: WriteOptions
  @OptionGroup var json: JSONOption

  func validate() throws {
    if (parentID == nil) != isTopLevel {
      throw ValidationError("Say either --parent-id or --top-level.")
    }
  }

  var ownMembers: [JSONMember] {
    [JSONMember("parent_id", parentID.map(integerOrText) ?? .null)]
  }
}
