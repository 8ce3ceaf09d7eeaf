import Foundation
import LedgerTestSupport
import Testing

@Suite("Tokens on the command line")
struct TokenTests {
  @Test func `a token is made, listed and revoked`() throws {
    let shell = try Shell.withHistory()
    let made = try shell.silently("token create --role reader --role auditor --id growth --days 9")
    #expect(made.code == 0, "\(made.errors)")
    let token = made.output.trimmingCharacters(in: .newlines)
    #expect(token.wholeMatch(of: /tlk_growth_[A-Za-z0-9_-]{43}/) != nil)

    let path = shell.url("ledger/tokens.json").path
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(!text.contains(token.suffix(43)))

    #expect(try shell.silently("token create --role writer --id growth").code == 65)
    #expect(try shell.silently("token create --role writer").code == 0)
    let listed = try shell.silently("token list --json").output.split(separator: "\n")
    #expect(listed.count == 2)
    #expect(listed[0].hasPrefix(#"{"id":"growth","roles":["reader","auditor"],"created_at":""#))
    #expect(listed[0].hasSuffix(#","valid":true}"#))
    #expect(try shell.silently("token list").output.contains("reader,auditor"))
    #expect(try shell.silently("token revoke growth").code == 0)
    #expect(try shell.silently("token revoke growth").code == 65)
    #expect(try shell.silently("token list --json").output.split(separator: "\n").count == 1)
    // Nothing is left of what was being written.
    let names = try FileManager.default.contentsOfDirectory(atPath: shell.url("ledger").path)
    #expect(!names.contains { $0.hasSuffix(".new") })
  }

  @Test(
    arguments: [
      ("token create", 64), ("token create --role king", 64),
      ("token create --role reader --id A", 65),
      ("token create --role reader --days 0", 64), ("token list --data nowhere", 65),
      ("token create --role reader --data nowhere", 65),
    ] as [(String, Int32)]
  )
  func `what makes no token is refused`(line: String, code: Int32) throws {
    let ran = try Shell.withHistory().silently(line)
    #expect(ran.code == code, "\(ran.errors)")
    #expect(ran.output.isEmpty)
  }

  @Test func `of several made at a time none is lost`() async throws {
    let shell = try Shell.withHistory()
    let processes = try (0..<6).map { index in
      let process = shell.process("token create --role reader --id t\(index)")
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      return process
    }
    for process in processes { process.waitUntilExit() }
    #expect(try shell.silently("token list --json").output.split(separator: "\n").count == 6)
  }
}
