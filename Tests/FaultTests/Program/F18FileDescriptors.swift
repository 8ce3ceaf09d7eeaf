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
    var others = (0..<30).compactMap { _ in HTTPConnection(port: port) }
    for round in 0..<(longTests ? 200 : 10) {
      expectRecorded(first, client, "round \(round) without descriptors", &tally)
    }
    others.removeAll()
    try limit(server, to: 1_024)
    // The server looks for connections again a moment after it had to stop looking.
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
