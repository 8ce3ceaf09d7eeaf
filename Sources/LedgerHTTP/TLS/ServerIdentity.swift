package import LedgerCore
package import TrialLedger

import NIOCore

#if TLS
import Foundation
import NIOSSL
import Synchronization

/// Who the server is to its clients: a certificate and its key, as their files were when they were
/// last read.
package final class ServerIdentity: Sendable {
  private struct State {
    let context: NIOSSLContext
    let validUntil: Instant?
  }

  /// Where it was read from.
  package let files: TLSFiles
  private let limits: HTTPLimits
  private let state: Mutex<State>

  /// Reads the files.
  ///
  /// - Throws: ``LedgerError/inputOutput(_:)`` when one cannot be read, ``LedgerError/badInput(_:)``
  ///   when one is not what it should be, or the key is another's.
  package init(_ files: TLSFiles, limits: HTTPLimits) throws(LedgerError) {
    self.files = files
    self.limits = limits
    state = Mutex(try Self.read(files, limits))
  }

  /// When the certificate ends; `nil` when that is no date that a ledger knows.
  package var validUntil: Instant? { state.withLock(\.validUntil) }

  /// Reads the files anew, for the connections that come from now on.
  ///
  /// - Throws: As ``init(_:limits:)``; nothing has changed then.
  package func reload() throws(LedgerError) {
    let new = try Self.read(files, limits)
    state.withLock { $0 = new }
  }

  /// What a connection's bytes go through before they are HTTP: TLS, and what ends a connection that
  /// never agrees on it.
  func handlers() -> [any ChannelHandler] {
    let context = state.withLock(\.context)
    return [NIOSSLServerHandler(context: context), HandshakeGuard(limits: limits)]
  }

  private static func read(_ files: TLSFiles, _ limits: HTTPLimits) throws(LedgerError) -> State {
    let certificates = try certificates(at: files.certificatePath)
    let key = try key(at: files.keyPath)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) },
      privateKey: .privateKey(key)
    )
    configuration.minimumTLSVersion = .tlsv12
    // For 1.2, only those with forward secrecy and authenticated encryption; those of 1.3 all are.
    configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
    configuration.applicationProtocols = ["http/1.1"]
    // A connection that is closed waits so long for the client to agree.
    configuration.shutdownTimeout = TimeAmount(limits.lingerTimeout)
    do {
      return State(
        context: try NIOSSLContext(configuration: configuration),
        validUntil: certificates.first.flatMap { instant(seconds: $0.notValidAfter) }
      )
    } catch {
      throw .badInput(
        "the key in \(files.keyPath) is not that of the first certificate in "
          + "\(files.certificatePath); name the key that the certificate was made for"
      )
    }
  }

  private static func certificates(at path: String) throws(LedgerError) -> [NIOSSLCertificate] {
    let bytes = try bytes(at: path, "certificate")
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty
    else { throw .badInput("\(path) holds no certificate in PEM (-----BEGIN CERTIFICATE-----)") }
    return certificates
  }

  private static func key(at path: String) throws(LedgerError) -> NIOSSLPrivateKey {
    let bytes = try bytes(at: path, "key")
    do {
      return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
    } catch {
      throw .badInput(
        "\(path) holds no private key in PEM (-----BEGIN PRIVATE KEY-----) that can be read "
          + "without a passphrase"
      )
    }
  }

  private static func bytes(at path: String, _ name: String) throws(LedgerError) -> [UInt8] {
    do {
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .inputOutput("cannot read the \(name) \(path): \(error.localizedDescription)")
    }
  }
}

/// The moment so many seconds after 1970, or `nil` out of range.
private func instant(seconds: Int) -> Instant? {
  let (milliseconds, isTooLarge) = Int64(seconds).multipliedReportingOverflow(by: 1_000)
  return isTooLarge ? nil : Instant(milliseconds: milliseconds)
}
#else
/// Nobody: this program was built without the trait `TLS`.
package final class ServerIdentity: Sendable {
  /// Where it would be read from.
  package let files: TLSFiles

  /// Refuses.
  ///
  /// - Throws: ``LedgerError/badInput(_:)``.
  package init(_ files: TLSFiles, limits: HTTPLimits) throws(LedgerError) {
    throw .badInput(Self.isMissing)
  }

  /// What to do about it.
  package static let isMissing =
    "this trial-ledger was built without TLS; build it with `swift build --traits TLS`, or put a "
    + "proxy that ends TLS in front of it"

  /// Never.
  package var validUntil: Instant? { nil }

  /// Nothing to read.
  package func reload() throws(LedgerError) {}

  /// Nothing between.
  func handlers() -> [any ChannelHandler] { [] }
}
#endif
