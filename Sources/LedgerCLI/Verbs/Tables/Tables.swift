import ArgumentParser
import TrialLedger

/// `tables`: the ledger as SQL tables for analysts.
struct Tables: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the ledger as SQL tables for analysts, in an SQLite file.",
    discussion: """
      EXAMPLES
        trial-ledger tables build
        trial-ledger tables follow --to /srv/analytics/trials.sqlite
        trial-ledger tables status
        sqlite3 -readonly -box trial-ledger-data/read-model.sqlite \\
          "SELECT trial_type, count(*) AS trials,
           sum(is_trial_converted) AS converted
           FROM customers_db_trials GROUP BY trial_type ORDER BY trials DESC"
        sqlite3 -readonly -box trial-ledger-data/read-model.sqlite \\
          "SELECT plan_shown, count(*) AS namespaces
           FROM namespaces GROUP BY plan_shown"

      One row a trial record in customers_db_trials; also namespaces, active_trials, events, rules \
      and ledger, which says how far they are. Open the file at any time, also while it is written; \
      deleting it is safe. What depends on the day is as of today, UTC.
      """,
    subcommands: [TablesBuild.self, TablesFollow.self, TablesStatus.self]
  )
}

/// Which tables a verb is about.
struct TablesOptions: ParsableArguments {
  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "The SQLite file (default: \(ReadModel.fileName) in the ledger's folder).",
      valueName: "file"
    ),
    completion: .file()
  )
  var file: String?

  /// The file, by the option or the default.
  func path(_ data: DataOptions) -> String {
    file ?? data.path + "/" + ReadModel.fileName
  }
}
