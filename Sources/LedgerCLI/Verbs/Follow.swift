import ArgumentParser
import Foundation
import TrialLedger

/// `follow`: events as they come.
struct Follow: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints events as JSON Lines as they come, until it is stopped.",
    discussion: """
      EXAMPLES
        trial-ledger follow
        trial-ledger follow --from 0 | consumer

      Each line is printed within milliseconds after the event is durable. Stop it with Ctrl-C.
      """
  )

  /// How long nothing is looked for after nothing was found, in seconds.
  private static let pauseSeconds = 0.01

  @Option(help: ArgumentHelp("The first position (default: the head).", valueName: "position"))
  var from: Int?
  @OptionGroup var data: DataOptions

  func validate() throws {
    if let from, from < 0 { throw ValidationError("--from is negative; positions begin at 0.") }
  }

  func run() throws {
    let ledger = try data.open(for: .reading)
    let output = Output()
    var next = from ?? ledger.size
    if next > ledger.size {
      note(
        "position \(grouped(next)) is past the head (\(counted(ledger.size, "event"))); "
          + "nothing is printed before it is reached"
      )
    }
    while true {
      let size = ledger.size
      if next < size {
        try printEvents(of: ledger, from: next, to: size, output)
        try output.flush()
        next = size
      } else {
        Thread.sleep(forTimeInterval: Self.pauseSeconds)
      }
      try ledger.refresh()
    }
  }
}
