import ArgumentParser
import LedgerFormat
import TrialLedger

/// `export`: events as canonical JSON Lines.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints events as JSON Lines, in their canonical form.",
    discussion: """
      EXAMPLES
        trial-ledger export > history.jsonl
        trial-ledger export --from 800 --to 812

      A line is an event's Merkle leaf, byte for byte. An export from position 0 can be made into \
      an exact copy with import.
      """
  )

  @Option(help: ArgumentHelp("The first position.", valueName: "position")) var from = 0
  @Option(
    help: ArgumentHelp("The position after the last (default: the head).", valueName: "position")
  )
  var to: Int?
  @OptionGroup var data: DataOptions

  func validate() throws {
    if from < 0 || (to ?? from) < from {
      throw ValidationError("Give positions so that 0 <= --from <= --to.")
    }
  }

  func run() throws {
    let ledger = try data.open()
    // The events asked for are those that exist between the two positions.
    let upper = min(to ?? ledger.size, ledger.size)
    let output = Output()
    if from < upper {
      try printEvents(of: ledger, from: from, to: upper, output)
    }
    try output.flush()
    if from >= ledger.size, to.map({ $0 > from }) ?? true {
      note("Nothing was exported: the ledger's positions are 0 to \(ledger.size - 1).")
    }
  }
}

/// Prints the canonical lines of events.
func printEvents(of ledger: Ledger, from: Int, to: Int, _ output: Output) throws {
  var problem: SystemError?
  try ledger.forEachEvent(from: from, to: to) { event in
    do throws(SystemError) {
      try output.writeLine(canonicalBytes(of: event))
      return true
    } catch {
      problem = error
      return false
    }
  }
  if let problem { throw problem }
}
