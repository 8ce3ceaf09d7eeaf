package import LedgerHTTP
import LedgerTestSupport
package import Logging
import ServiceLifecycle
package import TrialLedger

/// A server on a free port of this machine, over a new ledger whose clock stands still.
package struct TestServer: Sendable {
  /// The port it listens on.
  package let port: Int
  /// The ledger it serves.
  package let ledger: Ledger
  /// The ledger's clock.
  package let clock: ManualClock
  /// What the server says of itself, which every answer to ``call(_:_:headers:_:)`` is held against.
  package let operations: [Operation]
  /// Begins to stop the server, as SIGTERM does.
  package let stop: @Sendable () async -> Void

  /// Runs a server for as long as `body` runs, then stops it gracefully and closes the ledger.
  ///
  /// - Parameters:
  ///   - now: What the clock says at first.
  ///   - rules: The text of a rule file; `nil` is the newest bundled set.
  ///   - configuration: As for a real server, but for the port, which is a free one.
  ///   - wires: Routes beside the native API.
  ///   - body: What is done with the server.
  /// - Throws: What `body` throws, and what starting and stopping do.
  package static func run(
    now: String = "2026-08-10T09:00:00.000Z",
    rules: String? = nil,
    _ configuration: HTTPConfiguration = HTTPConfiguration(),
    wires: @Sendable (Ledger) throws -> [any Wire] = { _ in [] },
    _ body: @escaping @Sendable (TestServer) async throws -> Void
  ) async throws {
    guard let now = Instant(now) else { throw LedgerError.badInput("no instant") }
    let folder = try TemporaryFolder()
    let clock = ManualClock(now)
    let ledger = try Ledger.create(
      at: folder.path + "/ledger",
      rules: rules,
      now: now,
      isTestClock: true,
      options: Ledger.Options(clock: clock)
    )
    try await run(serving: ledger, clock, configuration, wires: wires, body)
    withExtendedLifetime(folder) {}
  }

  /// Runs a server of a ledger that is there already, and closes the ledger afterwards.
  ///
  /// - Parameters:
  ///   - ledger: What is served.
  ///   - clock: What ``setClock(_:)`` sets.
  ///   - configuration: As for a real server, but for the port, which is a free one.
  ///   - wires: Routes beside the native API.
  ///   - body: What is done with the server.
  /// - Throws: What `body` throws, and what starting and stopping do.
  package static func run(
    serving ledger: Ledger,
    _ clock: ManualClock = ManualClock(Instant(midnightOf: .first)),
    _ configuration: HTTPConfiguration = HTTPConfiguration(),
    wires: @Sendable (Ledger) throws -> [any Wire] = { _ in [] },
    _ body: @escaping @Sendable (TestServer) async throws -> Void
  ) async throws {
    var configuration = configuration
    configuration.port = 0
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let server = try LedgerServer(
      ledger: ledger,
      configuration: configuration,
      wires: try wires(ledger),
      logger: .silent
    ) { port in
      listening.yield(port)
    }
    let group = ServiceGroup(services: [server], logger: .silent)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { listening.finish() }
        try await group.run()
      }
      for await port in ports {
        do {
          try await body(
            TestServer(port: port, ledger: ledger, clock: clock, operations: server.operations) {
              await group.triggerGracefulShutdown()
            }
          )
        } catch {
          await group.triggerGracefulShutdown()
          throw error
        }
        break
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
    try ledger.close()
  }

  /// Sends a request on a connection of its own.
  package func call(
    _ method: String,
    _ target: String,
    headers: [(name: String, value: String)] = [],
    _ body: String? = nil
  ) async throws -> RawConnection.Answer {
    let call = HTTPCall(method, target, headers: headers, body)
    let answer = try await call.send(to: port)
    Contract(operations).check(answer, to: call)
    return answer
  }

  /// Sets the clock.
  package func setClock(_ now: String) throws {
    guard let now = Instant(now) else { throw LedgerError.badInput("no instant") }
    clock.set(now)
  }
}

extension Logger {
  /// A logger that nobody hears.
  package static var silent: Logger {
    Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
  }
}
