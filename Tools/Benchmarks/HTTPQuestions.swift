import ArgumentParser
import Foundation
import LedgerCore
import TrialLedger

/// `questions`: bodies for `POST /v1/eligibility`, one a line.
struct HTTPQuestions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "questions",
    abstract: "Prints questions about namespaces of a ledger, one a line, for Tools/bench-http."
  )

  @Option(help: "Which ledger.") var data: String
  @Option(help: "How many questions.") var count: Int = 1_000
  @Option(help: "About how many namespaces each.") var ids: Int = 100

  func run() throws {
    let ledger = try Ledger.open(at: data)
    var numbers: [Int64] = []
    // Where in the log: multiples of the golden ratio, which neither repeat nor stand in order.
    var place = 0.0
    while numbers.count < count * ids {
      place = (place + 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
      var taken = 0
      let position = min(ledger.size - 1, 1 + Int(place * Double(ledger.size)))
      try ledger.forEachEvent(from: position) { event in
        if event.namespaceID != .ledger { numbers.append(event.namespaceID.rawValue) }
        taken += 1
        return taken < 200
      }
    }
    // Neighbours in the log go to different questions.
    var lines = ""
    for question in 0..<count {
      let asked = (0..<ids).map { String(numbers[$0 * count + question]) }
      lines += "{\"namespace_ids\":[\(asked.joined(separator: ","))]}\n"
    }
    try FileHandle.standardOutput.write(contentsOf: Data(lines.utf8))
  }
}
