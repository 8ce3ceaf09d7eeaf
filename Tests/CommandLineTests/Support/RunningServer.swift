import Foundation
import LedgerTestSupport
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A server that the program runs.
struct RunningServer {
  /// Where it is, such as `http://127.0.0.1:40001`.
  let address: String

  /// Asks it; with a body it is a POST.
  func ask(
    _ path: String,
    headers: [String: String] = [:],
    body: String? = nil
  ) async throws -> (status: Int, body: String) {
    var request = URLRequest(url: try #require(URL(string: address + path)))
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    if let body {
      request.httpMethod = "POST"
      request.httpBody = Data(body.utf8)
    }
    let (data, response) = try await URLSession.shared.data(for: request)
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    return (status, String(decoding: data, as: UTF8.self))
  }
}

extension Shell {
  /// Runs `trial-ledger serve` on a free port for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - options: Its options, but for where it listens.
  ///   - environment: What its environment has beside the shell's.
  ///   - body: What is done with it.
  /// - Throws: What `body` throws, and when it does not start.
  func serve(
    _ options: String,
    _ environment: [String: String] = [:],
    _ body: (RunningServer) async throws -> Void
  ) async throws {
    let process = process("serve --listen 127.0.0.1:0 \(options)")
    process.environment?.merge(environment) { $1 }
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    var told = ""
    while !told.contains(#/on http:\S+\n/#) {
      let data = errors.fileHandleForReading.availableData
      if data.isEmpty { break }
      told += String(decoding: data, as: UTF8.self)
    }
    // What comes later must not fill the pipe.
    errors.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    let address = try #require(told.firstMatch(of: #/on (http:\S+)\n/#), "\(told)").1
    try await body(RunningServer(address: String(address)))
  }
}
