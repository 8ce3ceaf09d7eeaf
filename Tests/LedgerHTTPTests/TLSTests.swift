#if TLS
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import NIOCore
import NIOSSL
import Testing
import TrialLedger

/// HTTPS on a real connection: what is said arrives, and every limit of plain HTTP holds.
@Suite("TLS")
struct TLSTests {
  private static func run(
    _ limits: HTTPLimits = HTTPLimits(),
    _ body: @escaping @Sendable (TestServer, SelfSignedCertificate) async throws -> Void
  ) async throws {
    let certificate = try SelfSignedCertificate()
    var configuration = HTTPConfiguration(limits: limits)
    configuration.tls = certificate.files
    try await TestServer.run(configuration) { server in try await body(server, certificate) }
  }

  @Test func `requests are answered as over plain HTTP`() async throws {
    try await Self.run { server, certificate in
      let text =
        HTTPCall(
          "POST",
          "/v1/commands",
          #"{"command":"change_plan","namespace_id":1,"plan":"premium"}"#
        )
        .text + HTTPCall("GET", "/v1/events").text
      try await RawConnection.open(server.port, through: certificate.clientHandlers()) {
        connection in
        try await connection.send(text)
        #expect(try await connection.answer()?.status == 201)
        let events = try await connection.answer()
        #expect(events?.status == 200)
        #expect(events?.body.contains(#""plan":"premium""#) ?? false)
      }
      #expect(server.ledger.size == 2)
    }
  }

  /// Many records each way.
  @Test func `large requests and answers arrive whole`() async throws {
    try await Self.run { server, certificate in
      let ids = (1...10_000).map(String.init).joined(separator: ",")
      let body = #"{"namespace_ids":[\#(ids)]}"#
      let answer = try await RawConnection.open(
        server.port,
        through: certificate.clientHandlers()
      ) { connection in
        try await connection.send(HTTPCall("POST", "/v1/eligibility", body).text)
        return try await connection.answer()
      }
      #expect(answer?.status == 200)
      #expect(answer?.body.contains(#""10000":["#) ?? false)
      #expect((answer?.bytes.count ?? 0) > 300_000)
    }
  }

  @Test(arguments: [(TLSVersion.tlsv11, false), (.tlsv12, true), (.tlsv13, true)])
  func `nothing older than TLS 1_2 is spoken`(version: TLSVersion, isSpoken: Bool) async throws {
    try await Self.run { server, certificate in
      let answer = try? await RawConnection.open(
        server.port,
        through: certificate.clientHandlers(upTo: version)
      ) { connection in
        try await connection.send(HTTPCall("GET", "/healthz").text)
        return try await connection.answer()
      }
      #expect((answer?.status == 200) == isSpoken)
    }
  }

  @Test func `what is not TLS is closed, and others are served`() async throws {
    try await Self.run { server, certificate in
      let beginnings = [
        HTTPCall("GET", "/healthz").text, "garbage\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\u{4}none", "",
      ]
      for text in beginnings {
        try await RawConnection.open(server.port) { connection in
          try await connection.send(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
          connection.finishSending()
          let rest = String(try await connection.rest().prefix(5))
          #expect(rest != "HTTP/")
        }
      }
      #expect(try await Self.status(server, certificate) == 200)
    }
  }

  /// The first bytes of a greeting, then nothing, or bytes of it one by one.
  @Test(arguments: [false, true])
  func `a client that never agrees on TLS is closed in time`(sendsOn: Bool) async throws {
    var limits = HTTPLimits()
    limits.readTimeout = .seconds(2)
    // Would hide that the head's timeout does not hold.
    limits.idleTimeout = .seconds(3_600)
    limits.lingerTimeout = .seconds(3_600)
    try await Self.run(limits) { server, certificate in
      try await RawConnection.open(server.port) { connection in
        try await connection.send([0x16, 3, 1, 2, 0])
        if sendsOn {
          // Each answer of another takes a little while.
          while (try? await connection.send([1])) != nil {
            _ = try? await Self.status(server, certificate)
          }
        } else {
          let rest = try await connection.drain()
          #expect(rest == 0)
        }
      }
      #expect(try await Self.status(server, certificate) == 200)
    }
  }

  @Test func `a head that comes too slowly is closed`() async throws {
    var limits = HTTPLimits()
    limits.readTimeout = .seconds(2)
    limits.lingerTimeout = .milliseconds(100)
    try await Self.run(limits) { server, certificate in
      try await Self.untilCut {
        try await RawConnection.open(server.port, through: certificate.clientHandlers()) {
          connection in
          try await connection.send("GET /healthz HTTP/1.1\r\nX: ")
          while (try? await connection.send("a")) != nil {
            _ = try? await Self.status(server, certificate)
          }
        }
      }
      #expect(try await Self.status(server, certificate) == 200)
    }
  }

  @Test func `a request that is refused unread is answered, then closed`() async throws {
    var limits = HTTPLimits()
    limits.lingerTimeout = .milliseconds(100)
    try await Self.run(limits) { server, certificate in
      let line = "GET /" + String(repeating: "a", count: 700_000)
      try await Self.untilCut {
        try await RawConnection.open(server.port, through: certificate.clientHandlers()) {
          connection in
          try await connection.send(line)
          #expect(try await connection.answer()?.status == 414)
          _ = try await connection.drain()
        }
      }
    }
  }

  @Test func `requests that fill the memory are closed, and it is free again`() async throws {
    var limits = HTTPLimits()
    limits.requestMemoryByteCountMax = 256 * 1_024
    limits.lingerTimeout = .milliseconds(100)
    try await Self.run(limits) { server, certificate in
      let length = 1_000_000
      let head =
        "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(length)\r\n\r\n"
      for _ in 0..<3 {
        try await Self.untilCut {
          try await RawConnection.open(server.port, through: certificate.clientHandlers()) {
            connection in
            try? await connection.send(head + String(repeating: " ", count: length - 1))
            let status = try await connection.answer()?.status
            #expect(status == nil)
          }
        }
      }
      let answer = try await RawConnection.open(
        server.port,
        through: certificate.clientHandlers()
      ) { connection in
        try await connection.send(
          HTTPCall(
            "POST",
            "/v1/eligibility",
            #"{"namespace_ids":[1]}"# + String(repeating: " ", count: 200_000)
          )
          .text
        )
        return try await connection.answer()
      }
      #expect(answer?.status == 200)
    }
  }

  @Test func `stopping ends connections that are open`() async throws {
    try await Self.run { server, certificate in
      try await RawConnection.open(server.port, through: certificate.clientHandlers()) {
        connection in
        try await connection.send(HTTPCall("GET", "/healthz").text)
        #expect(try await connection.answer()?.status == 200)
        await server.stop()
        let rest = try await connection.drain()
        #expect(rest == 0)
      }
    }
  }

  @Test func `files that are missing or of no use are named`() throws {
    let good = try SelfSignedCertificate()
    let secret = try SelfSignedCertificate(passphrase: "a secret")
    let other = try SelfSignedCertificate()
    func problem(_ certificate: String, _ key: String) -> String {
      do throws(LedgerError) {
        _ = try ServerIdentity(
          TLSFiles(certificatePath: certificate, keyPath: key),
          limits: HTTPLimits()
        )
        return ""
      } catch {
        return error.message
      }
    }
    #expect(problem(good.certificatePath, good.keyPath).isEmpty)
    #expect(problem("none.pem", good.keyPath).hasPrefix("cannot read the certificate none.pem: "))
    #expect(problem(good.certificatePath, "none.pem").hasPrefix("cannot read the key none.pem: "))
    #expect(problem(good.keyPath, good.keyPath).contains("holds no certificate in PEM"))
    #expect(
      problem(good.certificatePath, good.certificatePath).contains("holds no private key in PEM")
    )
    #expect(
      problem(secret.certificatePath, secret.keyPath).contains("holds no private key in PEM")
    )
    #expect(
      problem(good.certificatePath, other.keyPath)
        == "the key in \(other.keyPath) is not that of the first certificate in "
        + "\(good.certificatePath); name the key that the certificate was made for"
    )
  }

  private static func status(
    _ server: TestServer,
    _ certificate: SelfSignedCertificate
  ) async throws -> Int? {
    try await RawConnection.open(server.port, through: certificate.clientHandlers()) {
      connection in
      try await connection.send(HTTPCall("GET", "/healthz").text)
      return try await connection.answer()?.status
    }
  }

  /// Runs what the server may cut off without the client's leave, which is an end too.
  private static func untilCut(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch NIOSSLError.uncleanShutdown {
    } catch is ChannelError {}
  }
}

extension SelfSignedCertificate {
  /// What a server is told.
  fileprivate var files: TLSFiles {
    TLSFiles(certificatePath: certificatePath, keyPath: keyPath)
  }

  /// A client's end of TLS, which trusts this certificate only.
  ///
  /// - Parameter version: The newest version that the client speaks.
  /// - Returns: What makes the handlers of a connection.
  /// - Throws: When the certificate is of no use.
  fileprivate func clientHandlers(
    upTo version: TLSVersion = .tlsv13
  ) throws -> @Sendable () throws -> [any ChannelHandler] {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificatePath))
    configuration.minimumTLSVersion = .tlsv1
    configuration.maximumTLSVersion = version
    let context = try NIOSSLContext(configuration: configuration)
    return { [try NIOSSLClientHandler(context: context, serverHostname: nil)] }
  }
}
#endif
