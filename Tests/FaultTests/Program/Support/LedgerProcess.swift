import Dispatch
import Foundation
import LedgerTestSupport
import Testing

/// The built `trial-ledger`, running, with pipes to and from it; also under a tool that injects faults.
final class LedgerProcess {
  private let process = ChildProcess()
  private let input = Pipe()
  private let output = Pipe()
  private let errorFile: URL
  private let place: TemporaryFolder
  private var buffer = Data()

  /// The program, which is built beside the tests.
  static let program: String = URL(filePath: CommandLine.arguments[0])
    .resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "trial-ledger").path

  /// Starts the program.
  ///
  /// - Parameters:
  ///   - arguments: Its arguments.
  ///   - wrapper: The words before it, such as `strace -f`.
  ///   - environment: What its environment has beside this process's.
  /// - Throws: When it cannot be started.
  init(
    _ arguments: [String],
    under wrapper: [String] = [],
    environment: [String: String] = [:]
  ) throws {
    place = try TemporaryFolder()
    errorFile = URL(filePath: place.path).appending(path: "errors")
    try Data().write(to: errorFile)
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = wrapper + [Self.program] + arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
      .merging(environment) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errorFile)
    // Writing to a program that is gone is an error here, not the end.
    signal(SIGPIPE, SIG_IGN)
    try runWithSignals()
    // Else the end of the output would never come.
    try output.fileHandleForWriting.close()
  }

  /// Starts it with no signal blocked; the threads of tests block them, and it would inherit that.
  private func runWithSignals() throws {
    var (none, mine) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe pthread_sigmask(SIG_SETMASK, &none, &mine)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &mine, nil) }
    try process.run()
  }

  var isRunning: Bool { process.isRunning }

  /// The process's number; that of the wrapper where it does not make way for the program.
  var identifier: Int32 { process.processIdentifier }

  /// What it said on standard error so far.
  var errors: String {
    (try? String(contentsOf: errorFile, encoding: .utf8)) ?? ""
  }

  /// Writes a line to its standard input.
  ///
  /// - Returns: Whether it could be written.
  @discardableResult
  func send(_ line: String) -> Bool {
    (try? input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))) != nil
  }

  /// Waits until it says where it serves.
  ///
  /// - Returns: The port; `nil` when it ends or takes too long.
  func waitForPort() -> UInt16? {
    let resting = DispatchSemaphore(value: 0)
    for _ in 0..<6_000 where process.isRunning {
      if let match = errors.firstMatch(of: #/http://127\.0\.0\.1:(\d+)/#) { return UInt16(match.1) }
      _ = resting.wait(timeout: .now() + .milliseconds(5))
    }
    return nil
  }

  /// Says that no more lines come.
  func closeInput() {
    try? input.fileHandleForWriting.close()
  }

  /// The next whole line; `nil` when no more comes, also instead of one that was cut.
  func readLine() -> String? {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer = Data(buffer[(end + 1)...])
        return line
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      buffer.append(more)
    }
  }

  /// Sends a signal.
  func send(signal: Int32) {
    kill(process.processIdentifier, signal)
  }

  /// Waits for its end.
  ///
  /// - Returns: The exit code; the signal that ended it, negative.
  @discardableResult
  func finish() -> Int32 {
    process.waitUntilExit()
    let status = process.terminationStatus
    return process.terminationReason == .exit ? status : -status
  }

  /// Ends it, whatever it does.
  func end() -> Int32 {
    send(signal: SIGKILL)
    return finish()
  }
}

/// What a run of the program said, and how it ended.
struct Ran {
  let lines: [String]
  let errors: String
  /// The exit code; the signal that ended it, negative.
  let code: Int32
}

/// Runs the program to its end.
func runLedger(
  _ arguments: [String],
  under wrapper: [String] = [],
  environment: [String: String] = [:],
  input: [String] = []
) throws -> Ran {
  // Whatever hangs is ended after a minute; `timeout` gives on how the program ended.
  let process = try LedgerProcess(
    arguments,
    under: ["timeout", "--signal=KILL", "60"] + wrapper,
    environment: environment
  )
  for line in input where !process.send(line) { break }
  process.closeInput()
  var lines: [String] = []
  while let line = process.readLine() { lines.append(line) }
  let code = process.finish()
  return Ran(lines: lines, errors: process.errors, code: code)
}
