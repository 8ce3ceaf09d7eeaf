import Foundation
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
package import ServiceLifecycle
package import TrialLedger
import UnixSignals

/// The HTTP service of one ledger.
///
/// It stops gracefully with the group it runs in: takes no new connections, finishes the requests
/// that were begun, and then returns; the ledger is its owner's to close.
package struct LedgerServer: Service {
  private let application: Application<RouterResponder<LedgerRequestContext>>
  private let watch: LedgerWatch
  private let followers: FollowerWatch
  /// What it serves.
  package let operations: [Operation]
  /// Who it is to its clients; `nil` where it speaks plain HTTP.
  package let identity: ServerIdentity?

  /// A server of `ledger`.
  ///
  /// - Parameters:
  ///   - ledger: Opened for writing, or for following; then commands are refused.
  ///   - configuration: Where to listen, for whom, and the limits.
  ///   - wires: Routes beside the native API.
  ///   - logger: Told what the operator should know.
  ///   - onListening: Told the port once connections are accepted.
  /// - Throws: ``LedgerError/badInput(_:)`` for a configuration that has a problem; what reading the
  ///   certificate and looking for the ledger's evidence throw.
  package init(
    ledger: Ledger,
    configuration: HTTPConfiguration,
    wires: [any Wire] = [],
    logger: Logger,
    onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
  ) throws(LedgerError) {
    if let problem = configuration.problem { throw .badInput(problem) }
    let limits = configuration.limits
    let identity: ServerIdentity? =
      if let files = configuration.tls { try ServerIdentity(files, limits: limits) } else { nil }
    self.identity = identity
    let telemetry = Telemetry()
    let watch = LedgerWatch(ledger)
    self.watch = watch
    let followers = FollowerWatch(
      [.projection(of: ledger)] + configuration.followers
        + [.snapshots(of: ledger)].compactMap(\.self),
      of: ledger
    )
    self.followers = followers
    var native = NativeWire(
      ledger: ledger,
      configuration: configuration,
      calls: BlockingCalls(waitingCountMax: limits.waitingQuestionCountMax),
      evidence: try ledger.evidence(),
      streams: EventStreams(limits: limits, watch: watch),
      telemetry: telemetry,
      followers: followers,
      otherCounts: { wires.flatMap(\.counts) }
    )
    native.document = OpenAPIDocument.bytes(of: [native] + wires)
    operations = native.operations + wires.flatMap(\.operations)
    let memory = RequestMemory(byteCountMax: limits.requestMemoryByteCountMax)
    let observer = RequestObserver(telemetry, ledger.clock, configuration.accessLog)
    let gate = Gate(authenticator: configuration.authenticator)
    let plainQuestions = PlainQuestions(wire: native, gate: gate, observer: observer)
    let all = Wires(native: native, others: wires)
    let router = Router(context: LedgerRequestContext.self)
    let methods = PathMethods(operations)
    router.add(middleware: ObservingMiddleware(observer: observer))
    router.add(
      middleware: FailureMiddleware(wires: all, methods: methods, telemetry: telemetry)
    )
    router.add(middleware: LimitMiddleware(limits: limits, wires: all))
    router.add(operations, methods, behind: gate)
    application = Application(
      router: router,
      server: HTTPServerBuilder { responder in
        GuardedHTTP1Channel(
          limits: limits,
          memory: memory,
          wires: all,
          telemetry: telemetry,
          identity: identity,
          plainQuestions: plainQuestions,
          responder: responder
        )
      },
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port),
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connectionCountMax)
      ),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
      logger: logger
    )
  }

  package func run() async throws {
    let (application, watch, followers) = (application, watch, followers)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await watch.run() }
      tasks.addTask { await Self.look(at: followers, while: watch) }
      tasks.addTask {
        defer { watch.stop() }
        try await application.run()
      }
      try await tasks.waitForAll()
    }
  }
}

extension LedgerServer {
  /// Looks at those who follow the ledger every second until the server stops.
  private static func look(at followers: FollowerWatch, while watch: LedgerWatch) async {
    while !watch.isStopped, !Task.isCancelled {
      // Without a thread for it there is nothing new.
      try? await NIOThreadPool.singleton.runIfActive { followers.look() }
      await watch.rest(until: .now + .seconds(1))
    }
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
  let renewal = server.identity.map { CertificateRenewal(identity: $0, ledger.clock, logger) }
  var group = ServiceGroupConfiguration(
    services: services + [renewal].compactMap(\.self) + [server],
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
      "cannot serve on \(configuration.host):\(configuration.port): \(reason(error))"
    )
  }
}

/// Why a server cannot listen, in words.
private func reason(_ error: any Error) -> String {
  guard let error = error as? IOError, let code = POSIXErrorCode(rawValue: error.errnoCode) else {
    return "\(error)"
  }
  return switch code {
  case .EADDRINUSE: "another program listens there already; choose another port"
  case .EADDRNOTAVAIL: "this machine has no such address; choose one that it has"
  case .EACCES: "ports below 1024 are for the administrator; choose a higher one"
  default: "the system says \(POSIXError(code).localizedDescription)"
  }
}
