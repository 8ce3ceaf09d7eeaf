import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import ServiceLifecycle
package import TrialLedger
import UnixSignals

/// The HTTP service of one ledger.
///
/// It stops gracefully with the group it runs in: takes no new connections, finishes the requests
/// that were begun, and then returns; the ledger is its owner's to close.
package struct LedgerServer: Service {
  private let application: Application<RouterResponder<LedgerRequestContext>>

  /// A server of `ledger`.
  ///
  /// - Parameters:
  ///   - ledger: Opened for writing, or for following; then commands are answered 503.
  ///   - configuration: Where to listen, for whom, and the limits.
  ///   - wires: Routes beside the native API.
  ///   - logger: Told what the operator should know.
  ///   - onListening: Told the port once connections are accepted.
  /// - Throws: ``LedgerError/badInput(_:)`` for a configuration that has a problem.
  package init(
    ledger: Ledger,
    configuration: HTTPConfiguration,
    wires: [any Wire] = [],
    logger: Logger,
    onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
  ) throws(LedgerError) {
    if let problem = configuration.problem { throw .badInput(problem) }
    let limits = configuration.limits
    let native = NativeWire(
      ledger: ledger,
      configuration: configuration,
      calls: BlockingCalls(waitingCountMax: limits.waitingQuestionCountMax),
      otherCounts: { wires.flatMap(\.counts) }
    )
    let all = Wires(native: native, others: wires)
    let router = Router(context: LedgerRequestContext.self)
    router.add(middleware: FailureMiddleware(wires: all))
    router.add(middleware: LimitMiddleware(limits: limits, wires: all))
    for wire in all.all { wire.addRoutes(to: router) }
    application = Application(
      router: router,
      server: HTTPServerBuilder { GuardedHTTP1Channel(limits: limits, responder: $0) },
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port),
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connectionCountMax)
      ),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
      logger: logger
    )
  }

  package func run() async throws {
    try await application.run()
  }
}

/// Serves `ledger` until SIGTERM or SIGINT, then finishes what was accepted and closes the ledger.
///
/// - Parameters:
///   - ledger: Opened for writing, or for following; closed when this returns.
///   - configuration: Where to listen, for whom, and the limits.
///   - wires: Routes beside the native API.
///   - services: What runs beside the server; started before it, and stopped after.
///   - logger: Told what the operator should know.
///   - onListening: Told the port once connections are accepted.
/// - Throws: ``LedgerError/badInput(_:)`` for a configuration that has a problem,
///   ``LedgerError/inputOutput(_:)`` when the address cannot be listened on; what closing throws.
package func runServer(
  ledger: Ledger,
  configuration: HTTPConfiguration,
  wires: [any Wire] = [],
  services: [any Service] = [],
  logger: Logger,
  onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
) async throws {
  let server = try LedgerServer(
    ledger: ledger,
    configuration: configuration,
    wires: wires,
    logger: logger,
    onListening: onListening
  )
  var group = ServiceGroupConfiguration(
    services: services + [server],
    gracefulShutdownSignals: [.sigterm, .sigint],
    logger: logger
  )
  group.maximumGracefulShutdownDuration = configuration.limits.stopTimeout
  let stopped: Result<Void, any Error>
  do {
    stopped = .success(try await ServiceGroup(configuration: group).run())
  } catch {
    stopped = .failure(error)
  }
  try ledger.close()
  do {
    try stopped.get()
  } catch is CancellationError {
    // Some request did not end within the stop timeout; what was accepted is recorded.
    logger.notice("stopped with requests unfinished after \(configuration.limits.stopTimeout)")
  } catch let error as LedgerError {
    throw error
  } catch {
    throw LedgerError.inputOutput(
      "cannot serve on \(configuration.host):\(configuration.port): \(error)"
    )
  }
}
