import Foundation

/// A certificate for 127.0.0.1 that signs itself, and its key, made by the `openssl` command.
package struct SelfSignedCertificate: Sendable {
  /// Where the certificate is, in PEM.
  package let certificatePath: String
  /// Where its key is, in PEM.
  package let keyPath: String
  private let folder: TemporaryFolder

  /// `openssl` made no certificate.
  package struct NotMade: Error {
    package let status: Int32
  }

  /// A new one.
  ///
  /// - Parameter passphrase: What its key is encrypted with; `nil` is not at all.
  /// - Throws: ``NotMade``, and when there is no `openssl`.
  package init(passphrase: String? = nil) throws {
    folder = try TemporaryFolder()
    certificatePath = folder.path + "/certificate.pem"
    keyPath = folder.path + "/key.pem"
    try make(passphrase)
  }

  /// Puts another certificate and key in the place of these.
  package func renew() throws {
    try make(nil)
  }

  private func make(_ passphrase: String?) throws {
    let process = ChildProcess()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-keyout", keyPath, "-out", certificatePath, "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1",
      ] + (passphrase.map { ["-passout", "pass:\($0)"] } ?? ["-nodes"])
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw NotMade(status: process.terminationStatus)
    }
  }
}
