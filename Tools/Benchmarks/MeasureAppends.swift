import ArgumentParser
import Foundation
import LedgerCore
import TrialLedger

/// `append`: durable commands, each by a caller who waits for it before the next.
struct MeasureAppends: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "append",
    abstract: "Records commands from so many callers; each is a group's first trial under its id."
  )

  @Option(help: "Where the ledger is made.") var data: String
  @Option(help: "How many callers there are.") var callers: Int
  @Flag(help: "Each caller has a thread of its own, on which it waits.") var blocking = false
  @Option(help: "How many commands there are in all.") var count: Int

  func run() async throws {
    let ledger = try Ledger.create(at: data)
    let before = try byteCount(below: data)
    let perCaller = max(1, count / callers)
    // The commands are made before the clock starts, as a service has them before it records them.
    let commands = try (0..<callers).map { caller in
      try (0..<perCaller).map { try Self.command(caller + $0 * callers) }
    }
    let start = ContinuousClock.now
    let processorStart = processorNanoseconds()
    let recorded = try await withThrowingTaskGroup(of: Int.self) { group in
      for commands in commands {
        group.addTask { [blocking] in
          if blocking { return try await Self.recordOnThread(commands, in: ledger) }
          return try await Self.record(commands, in: ledger)
        }
      }
      return try await group.reduce(0, +)
    }
    let nanoseconds = nanoseconds(since: start)
    let processor = processorNanoseconds() - processorStart
    let written = try byteCount(below: data) - before
    guard recorded == callers * perCaller, ledger.size == recorded + 1 else {
      throw ValidationError("only \(recorded) of \(callers * perCaller) commands were recorded")
    }
    try ledger.close()
    let measured = Measured(
      count: recorded,
      nanoseconds: nanoseconds,
      byteCount: written,
      processorNanoseconds: processor,
      checksum: try Self.checksum(of: data)
    )
    try measured.tell()
  }

  /// Submits commands one by one, and counts those that were recorded.
  private static func record(_ commands: [Command], in ledger: Ledger) async throws -> Int {
    var recorded = 0
    for command in commands {
      if case .recorded = try await ledger.submit([command]).first { recorded += 1 }
    }
    return recorded
  }

  /// As ``record(_:in:)``, on a thread of the caller's own.
  private static func recordOnThread(_ commands: [Command], in ledger: Ledger) async throws -> Int {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            var recorded = 0
            for command in commands {
              let outcomes = try ledger.submitBlocking([Ledger.Submission(command)])
              if case .recorded = outcomes.first { recorded += 1 }
            }
            return recorded
          }
        )
      }
    }
  }

  /// A first trial of a group; the ids are scattered over two million.
  private static func command(_ index: Int) throws -> Command {
    let id = Int64(1 + index * 1_299_709 % 2_000_003)
    guard let namespace = NamespaceID(id), let type = TrialType("ultimate_with_dap"),
      let commandID = CommandID(uuid(index)), let actor = Actor(userID: id * 3, role: .owner)
    else { throw ValidationError("the command \(index) is none") }
    return Command(
      .startTrial(type),
      namespaceID: namespace,
      metadata: Metadata(
        actor: actor,
        commandID: commandID,
        source: ["glm_source": "about.gitlab.com", "glm_content": "free-trial-page"]
      )
    )
  }

  /// A UUID that no two indexes share, mixed as a random one is.
  private static func uuid(_ index: Int) -> String {
    let mixed = UInt64(index &+ 1) &* 0x9e37_79b9_7f4a_7c15
    let text = String(mixed, radix: 16)
    let digits = String(repeating: "0", count: 16 - text.count) + text
    let parts = [digits.prefix(8), digits.dropFirst(8).prefix(4), digits.suffix(4).dropFirst()]
    return "\(parts[0])-\(parts[1])-4\(parts[2])-8\(digits.suffix(3))-\(digits.suffix(12))"
  }

  /// What stands in the ledger, whatever the order in which callers got there: the sum of all
  /// (namespace, version) pairs, and their number.
  private static func checksum(of data: String) throws -> String {
    let ledger = try Ledger.open(at: data)
    var sum: UInt64 = 0
    try ledger.forEachEvent { event in
      sum &+= UInt64(event.namespaceID.rawValue) &* 31 &+ UInt64(event.version)
      return true
    }
    return "\(ledger.size)-\(String(sum, radix: 16))"
  }
}
