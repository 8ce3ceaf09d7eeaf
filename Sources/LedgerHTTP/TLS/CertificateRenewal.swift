import Logging
import ServiceLifecycle
import TrialLedger
import UnixSignals

/// Reads the certificate and its key anew at SIGHUP, as programs that renew certificates send it;
/// connections that are open keep theirs.
struct CertificateRenewal: Service {
  private let identity: ServerIdentity
  private let clock: any LedgerClock
  private let logger: Logger

  /// Of a server's certificate; tells `logger` until when it holds.
  init(identity: ServerIdentity, _ clock: any LedgerClock, _ logger: Logger) {
    self.identity = identity
    self.clock = clock
    self.logger = logger
  }

  func run() async throws {
    tell()
    let signals = await UnixSignalsSequence(trapping: .sighup)
    for await _ in signals.cancelOnGracefulShutdown() {
      do {
        try identity.reload()
        tell()
      } catch {
        logger.error("the certificate stays the one that it was: \(error.message)")
      }
    }
  }

  private func tell() {
    let certificate = "the certificate \(identity.files.certificatePath)"
    guard let end = identity.validUntil else { return logger.notice("\(certificate) never ends") }
    if end < clock.now() {
      logger.error("\(certificate) ended at \(end); clients refuse it until it is renewed")
    } else {
      logger.notice("\(certificate) is valid until \(end)")
    }
  }
}
