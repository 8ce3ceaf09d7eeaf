import Foundation
import LedgerTestSupport
import Testing

/// `serve` with a certificate, as its user meets it.
@Suite("HTTPS")
struct HTTPSTests {
  @Test func `one file without the other is refused`() throws {
    let shell = try Shell.withHistory()
    for option in ["--tls-certificate a.pem", "--tls-key a.pem"] {
      let ran = try shell.silently("serve --listen 127.0.0.1:0 \(option)")
      #expect(ran.code == 64)
      #expect(ran.errors.contains("--tls-certificate and --tls-key need each other"))
    }
  }

  #if TLS
  @Test func `files of no use are named, and TLS is no leave to listen openly`() throws {
    let shell = try Shell.withHistory()
    let certificate = try SelfSignedCertificate()
    let missing = try shell.silently(
      "serve --listen 127.0.0.1:0 --tls-certificate none.pem --tls-key \(certificate.keyPath)"
    )
    #expect(missing.code == 74)
    #expect(missing.errors.contains("cannot read the certificate none.pem: "), "\(missing.errors)")
    let options = Self.options(of: certificate)
    let open = try shell.silently("serve --listen 0.0.0.0:0 \(options)")
    #expect(open.code == 65)
    #expect(open.errors.contains("0.0.0.0 can be reached from other machines"), "\(open.errors)")
  }

  @Test func `SIGHUP takes a renewed certificate, and keeps the old one when the new is of no use`()
    throws
  {
    let shell = try Shell.withHistory()
    let certificate = try SelfSignedCertificate()
    let process = shell.process("serve --listen 127.0.0.1:0 \(Self.options(of: certificate))")
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    var told = ""
    /// Reads on until it has said all of `words`.
    func wait(for words: String...) throws {
      while !words.allSatisfy({ told.contains($0) }) {
        let data = errors.fileHandleForReading.availableData
        try #require(!data.isEmpty, "\(told)")
        told += String(decoding: data, as: UTF8.self)
      }
    }
    // Which of both comes first is nobody's matter.
    try wait(for: "is valid until", "on https://127.0.0.1:")
    let port = try #require(told.firstMatch(of: #/on https://127.0.0.1:(\d+)\n/#)?.1)
    #expect(try Self.isServed(String(port), trusting: certificate.certificatePath))

    let key = try Data(contentsOf: URL(filePath: certificate.keyPath))
    try Data("none".utf8).write(to: URL(filePath: certificate.keyPath))
    kill(process.processIdentifier, SIGHUP)
    try wait(for: "the certificate stays the one that it was")
    try key.write(to: URL(filePath: certificate.keyPath))
    #expect(try Self.isServed(String(port), trusting: certificate.certificatePath))

    try certificate.renew()
    #expect(try !Self.isServed(String(port), trusting: certificate.certificatePath))
    told = ""
    kill(process.processIdentifier, SIGHUP)
    try wait(for: "is valid until")
    #expect(try Self.isServed(String(port), trusting: certificate.certificatePath))
  }

  private static func options(of certificate: SelfSignedCertificate) -> String {
    "--tls-certificate \(certificate.certificatePath) --tls-key \(certificate.keyPath)"
  }

  /// Whether another implementation of TLS gets an answer, by a certificate that it trusts.
  private static func isServed(_ port: String, trusting path: String) throws -> Bool {
    let process = ChildProcess()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", path, "-quiet",
      "-verify_return_error", "-verify_ip", "127.0.0.1",
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    // Where the certificate is not trusted, nobody may read it any more.
    try? input.fileHandleForWriting.write(contentsOf: Data(request.utf8))
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200")
  }
  #else
  @Test func `a build without TLS says so`() throws {
    let shell = try Shell.withHistory()
    let ran = try shell.silently("serve --tls-certificate a.pem --tls-key b.pem")
    #expect(ran.code == 64)
    #expect(ran.errors.contains("was built without TLS"), "\(ran.errors)")
  }
  #endif
}
