import ArgumentParser
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// `constant`: the floor of an answer over HTTP, the same framework with nothing to do.
///
/// The settings of the server are those of `trial-ledger serve` as far as they are the framework's:
/// HTTP/1.1, as many event loops as cores, a connection is closed after 30 seconds of silence. The body
/// of the request is not even read.
struct ServeConstant: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "constant",
    abstract: "Answers every question with the bytes of a file, until it is stopped."
  )

  @Option(help: "The file with the answer.") var answer: String

  func run() async throws {
    let body = ByteBuffer(bytes: try Data(contentsOf: URL(filePath: answer)))
    let router = Router()
    router.post("/v1/eligibility") { _, _ in
      Response(
        status: .ok,
        headers: [.contentType: "application/json"],
        body: ResponseBody(byteBuffer: body)
      )
    }
    let application = Application(
      router: router,
      server: .http1(configuration: .init(idleTimeout: .seconds(30))),
      configuration: ApplicationConfiguration(
        address: .hostname("127.0.0.1", port: 0),
        availableConnectionsDelegate: MaximumAvailableConnections(4_096)
      ),
      onServerRunning: { channel in
        let line = "serving a constant on http://127.0.0.1:\(channel.localAddress?.port ?? 0)\n"
        FileHandle.standardError.write(Data(line.utf8))
      },
      logger: Logger(label: "constant") { _ in SwiftLogNoOpLogHandler() }
    )
    try await application.runService()
  }
}
