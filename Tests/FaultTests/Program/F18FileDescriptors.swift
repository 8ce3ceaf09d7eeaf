import Foundation
import LedgerTestSupport
import Testing

/// The serving program may open no more files.
@Suite(
  "F18: no file descriptor left while serving",
  .enabled(if: Tool.prlimit.isThere, Tool.prlimit.isMissing)
)
struct F18FileDescriptors {
  @Test(.tags(.crash)) func `who is connected goes on, and others come in again later`() throws {
    var tally = FaultTally("F18")
    defer { tally.report() }
    let client = try LedgerClient()
    // As many as somebody's shell grants; the serving program keeps enough of them for itself.
    let server = try LedgerProcess(
      ["serve", "--listen", "127.0.0.1:0", "--data", client.data],
      under: ["prlimit", "--nofile=64:64"]
    )
    defer { _ = server.end() }
    guard let port = server.waitForPort(), let first = HTTPConnection(port: port) else {
      return tally.complain("does not serve: \(server.errors)")
    }
    expectRecorded(first, client, "before", &tally)
    var others = (0..<200).compactMap { _ in HTTPConnection(port: port) }
    for round in 0..<(longTests ? 200 : 10) {
      expectRecorded(first, client, "round \(round) beside \(others.count) others", &tally)
    }
    others.removeAll()
    let later = HTTPConnection(port: port)
    if let later {
      expectRecorded(later, client, "afterwards", &tally)
    } else {
      tally.complain("nobody is let in afterwards")
    }
    server.send(signal: SIGTERM)
    let code = server.finish()
    if code != 0 { tally.complain("exit \(code): \(server.errors)") }
    tally.add(client.check(), "after all")
  }

  /// The limit is lowered while it serves, which nobody can prepare for: Swift's thread pool may end the
  /// process then (see `HTTPLimits.leaveFiles(of:)`), and that is a crash like any other.
  @Test(.tags(.crash)) func `taken away later they may end the process, and nothing is lost`()
    throws
  {
    var tally = FaultTally("F18")
    defer { tally.report() }
    let client = try LedgerClient()
    let server = try LedgerProcess(["serve", "--listen", "127.0.0.1:0", "--data", client.data])
    defer { _ = server.end() }
    guard let port = server.waitForPort(), let first = HTTPConnection(port: port) else {
      return tally.complain("does not serve: \(server.errors)")
    }
    expectRecorded(first, client, "before", &tally)
    let open = try FileManager.default.contentsOfDirectory(
      atPath: "/proc/\(server.identifier)/fd"
    ).count
    try limit(server, to: open + 3)
    let others = (0..<30).compactMap { _ in HTTPConnection(port: port) }
    for _ in 0..<(longTests ? 2_000 : 20) {
      guard let answer = first.post("/v1/commands", client.nextCommand()) else { break }
      client.take(answer.body)
    }
    _ = server.end()
    tally.add(client.check(), "beside \(others.count) others")
  }

  private func expectRecorded(
    _ connection: HTTPConnection,
    _ client: LedgerClient,
    _ name: String,
    _ tally: inout FaultTally
  ) {
    guard let answer = connection.post("/v1/commands", client.nextCommand()) else {
      return tally.complain("\(name): no answer")
    }
    if !client.take(answer.body) { tally.complain("\(name): \(answer.status) \(answer.body)") }
    tally.add(.whole, name)
  }

  private func limit(_ server: LedgerProcess, to count: Int) throws {
    let words = ["prlimit", "--pid", "\(server.identifier)", "--nofile=\(count):4096"]
    if try !MountedFolder.run(words) { Issue.record("prlimit failed") }
  }
}
