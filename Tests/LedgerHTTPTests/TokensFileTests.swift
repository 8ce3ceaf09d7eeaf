import Foundation
import HTTPTypes
import LedgerHTTP
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

@Suite("Tokens file")
struct TokensFileTests {
  private let now = Instant(midnightOf: .first)

  private func token(
    _ id: String?,
    _ roles: Set<Role> = [.reader],
    seed: UInt64 = 1
  ) throws -> (text: String, token: AccessToken) {
    var generator = SeededGenerator(seed: seed)
    return try #require(
      AccessToken.generate(
        id: id,
        roles: roles,
        createdAt: now,
        expiresAt: nil,
        using: &generator
      )
    )
  }

  @Test func `a file is read as it was written, and has no secret`() throws {
    var file = TokensFile()
    var secrets: [String] = []
    for (index, roles) in [[Role.reader], [.writer, .operator], [.auditor]].enumerated() {
      let made = try token(index == 2 ? nil : "t\(index)", Set(roles), seed: UInt64(index))
      let added = [file.add(made.token), file.add(made.token)]
      #expect(added == [true, false], "an id is there once")
      secrets.append(made.text)
    }
    #expect(try TokensFile(reading: file.bytes) == file)
    let text = String(decoding: file.bytes, as: UTF8.self)
    for secret in secrets {
      let last = try #require(secret.split(separator: "_", maxSplits: 2).last)
      #expect(last.utf8.count == 43)
      #expect(!text.contains(last))
    }
    let removed = [file.remove("t1"), file.remove("t1")]
    #expect(removed == [true, false])
    #expect(file.tokens.count == 2)
  }

  @Test(arguments: [
    "", "{}", "[]", #"{"tokens":{}}"#, #"{"tokens":[{}]}"#, #"{"tokens":[],"x":1}"#,
    #"{"tokens":[{"id":"A","roles":["reader"],"sha256":"\#(zeros)"}]}"#,
    #"{"tokens":[{"id":"a","roles":[],"sha256":"\#(zeros)"}]}"#,
    #"{"tokens":[{"id":"a","roles":["king"],"sha256":"\#(zeros)"}]}"#,
    #"{"tokens":[{"id":"a","roles":["reader"],"sha256":"00"}]}"#,
    #"{"tokens":[{"id":"a","roles":["reader"],"sha256":"\#(zeros)","expires_at":"soon"}]}"#,
  ])
  func `what is no file of tokens is refused`(text: String) {
    #expect(throws: (any Error).self) { try TokensFile(reading: Array(text.utf8)) }
  }

  @Test(arguments: ["", "A", "a_b", "é", String(repeating: "a", count: 33)])
  func `an id that is none makes no token`(id: String) {
    var generator = SeededGenerator(seed: 1)
    #expect(
      AccessToken.generate(id: id, roles: [], createdAt: now, expiresAt: nil, using: &generator)
        == nil
    )
  }

  /// A server that runs while the file comes, changes, breaks and goes.
  @Test func `a running server notices what is changed`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/tokens.json"
    let problems = Mutex(0)
    let authenticator = try TokensFileAuthenticator(
      path: path,
      clock: { Instant(midnightOf: .first) },
      onProblem: { _ in problems.withLock { $0 += 1 } }
    )
    func isKnown(_ text: String) -> Bool {
      authenticator.caller(presenting: [.authorization: "Bearer \(text)"]) != nil
    }
    func write(_ bytes: [UInt8]) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
    #expect(!authenticator.isRequired)
    let (first, second) = (try token("a"), try token("b", seed: 2))
    var file = TokensFile()
    let isAdded = file.add(first.token)
    #expect(isAdded)
    try write(file.bytes)
    #expect(authenticator.look() == nil)
    #expect(authenticator.isRequired && isKnown(first.text) && !isKnown(second.text))
    let changed = [file.remove("a"), file.add(second.token)]
    #expect(changed == [true, true])
    try write(file.bytes)
    #expect(authenticator.look() == nil)
    #expect(!isKnown(first.text) && isKnown(second.text))
    try write(Array("{".utf8))
    #expect(authenticator.look() != nil)
    #expect(isKnown(second.text), "a broken file changes nothing")
    try FileManager.default.removeItem(atPath: path)
    #expect(authenticator.look() == nil)
    #expect(authenticator.isRequired && !isKnown(second.text), "without a file nobody comes in")
  }

  @Test func `a file that cannot be read keeps the server from starting`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/tokens.json"
    try Data("{".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: TokensProblem.self) {
      try TokensFileAuthenticator(
        path: path,
        clock: { Instant(midnightOf: .first) },
        onProblem: { _ in }
      )
    }
  }
}

private let zeros = String(repeating: "0", count: 64)
