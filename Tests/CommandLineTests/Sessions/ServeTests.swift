import Foundation
import LedgerTestSupport
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("Serve")
struct ServeTests {
  @Test func `serves until SIGTERM, says where, and is the only writer meanwhile`() async throws {
    let shell = try Shell.withHistory()
    let process = shell.process("serve --listen 127.0.0.1:0")
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    defer { process.terminate() }
    var told = ""
    while !told.contains("http://127.0.0.1:"), process.isRunning || told.isEmpty {
      let data = errors.fileHandleForReading.availableData
      if data.isEmpty { break }
      told += String(decoding: data, as: UTF8.self)
    }
    let match = try #require(
      told.firstMatch(of: #/serving the native API on (http:\S+)/#),
      "\(told)"
    )
    let url = try #require(URL(string: "\(match.1)/v1/namespaces/42"))
    let (body, response) = try await URLSession.shared.data(from: url)
    #expect((response as? HTTPURLResponse)?.statusCode == 200)
    #expect(String(decoding: body, as: UTF8.self).contains(#""namespace_id":42"#))
    #expect(try shell.silently("start 44 --trial-type ultimate_with_dap").code == 75)
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 0)
    #expect(
      try shell.silently("start 44 --trial-type ultimate_with_dap --now 2026-11-01").code == 0
    )
  }

  @Test func `refuses to serve other machines without tokens`() throws {
    let shell = try Shell.withHistory()
    let ran = try shell.silently("serve --listen 0.0.0.0:0")
    #expect(ran.code == 65)
    #expect(ran.errors.contains("0.0.0.0 can be reached from other machines"), "\(ran.errors)")
    try shell.write("{}", to: "ledger/tokens.json")
    let bad = try shell.silently("serve --listen 0.0.0.0:0")
    #expect(bad.code == 65)
    #expect(bad.errors.contains("tokens.json cannot be read: "), "\(bad.errors)")
  }

  @Test(arguments: [
    "--max-body 0", "--idle-timeout 0", "--max-items -1", "--max-batch-body 1073741825",
    "--stream-timeout 86401",
  ])
  func `a limit that is none is refused`(option: String) throws {
    let ran = try Shell().silently("serve \(option)")
    #expect(ran.code == 64, "\(ran.errors)")
  }
}
