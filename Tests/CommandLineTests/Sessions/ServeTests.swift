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
    #expect(told.hasPrefix("GitLab's routes are off: TRIAL_LEDGER_GITLAB_EMAIL and"), "\(told)")
    for line in [
      "start 44 --trial-type ultimate_with_dap", "rules activate gitlab-2026-02-dap --yes",
    ] {
      let busy = try shell.silently(line)
      #expect(busy.code == 75)
      let process = "Process \(process.processIdentifier) writes to the ledger in ledger"
      #expect(busy.errors.contains(process), "\(busy.errors)")
      #expect(busy.errors.contains("POST /v1/rules"), "\(busy.errors)")
    }
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

  @Test func `the access log is a line of JSON for each answer, appended`() async throws {
    let shell = try Shell.withHistory()
    try shell.write("{}\n", to: "access.jsonl")
    try await shell.serve("--access-log access.jsonl") { server in
      for id in ["first", "second"] {
        let answer = try await server.ask(
          "/v1/eligibility",
          headers: ["X-Request-Id": id],
          body: #"{"namespace_ids":[43,42]}"#
        )
        #expect(answer.status == 200)
      }
    }
    let lines = try String(contentsOf: shell.url("access.jsonl"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.first == "{}" && lines.count == 3)
    for (line, id) in zip(lines.dropFirst(), ["first", "second"]) {
      let known = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(known?["request_id"] as? String == id)
      #expect(known?["route"] as? String == "/v1/eligibility")
      #expect(known?["namespace_count"] as? Int == 2)
      #expect(known?["first_namespace_id"] as? Int == 43)
      #expect(known?["status"] as? Int == 200)
    }
    let ran = try shell.silently("serve --access-log none/access.jsonl")
    #expect(ran.code == 65, "\(ran.errors)")
  }

  @Test func `who activated rules over HTTP is shown, by the token`() async throws {
    let shell = try Shell.withHistory()
    let made = try shell.silently(
      "token create --role operator --role auditor --role reader --id op1"
    )
    let headers = ["Authorization": "Bearer \(made.output.trimmingCharacters(in: .newlines))"]
    let text = try shell.silently("rules show gitlab-2026-02-dap").output
    try await shell.serve("") { server in
      let answer = try await server.ask("/v1/rules?reason=a%20test", headers: headers, body: text)
      #expect(answer.status == 201, "\(answer.body)")
      let list = try await server.ask("/v1/rules", headers: headers).body
      #expect(list.contains(#""reason":"a test","source":{"token":"op1"}"#), "\(list)")
    }
    let table = try shell.silently("rules list").output
    #expect(table.contains("token op1  a test "), "\(table)")
    #expect(try shell.silently("history 0").output.contains("token op1  a test"))
    let json = try shell.silently("rules list --json").output.split(separator: "\n")
    #expect(
      json.first?.contains(#""actor":{"role":"system"},"source":{"test_clock":"true"}"#) == true
    )
    #expect(json.last?.contains(#""reason":"a test","source":{"token":"op1"}"#) == true)
  }

  @Test func `the access log names the namespace of what GitLab starts`() async throws {
    let shell = try Shell.withHistory()
    let environment = [
      "TRIAL_LEDGER_GITLAB_EMAIL": "admin@example.com", "TRIAL_LEDGER_GITLAB_TOKEN": "secret",
    ]
    try await shell.serve("--access-log access.jsonl", environment) { server in
      let answer = try await server.ask(
        "/trials",
        headers: ["X-Admin-Email": "admin@example.com", "X-Admin-Token": "secret"],
        body: #"{"uid":7,"trial_user":{"namespace_id":77,"trial_type":"ultimate_with_dap"}}"#
      )
      #expect(answer.status == 201, "\(answer.body)")
    }
    let line = try String(contentsOf: shell.url("access.jsonl"), encoding: .utf8)
    #expect(line.contains(#""namespace_count":1,"first_namespace_id":77,"status":201"#), "\(line)")
  }

  /// What `printf secret | sha256sum` says.
  private static let digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

  @Test func `GitLab's token is known by its digest alone`() async throws {
    let shell = try Shell.withHistory()
    let environment = [
      "TRIAL_LEDGER_GITLAB_EMAIL": "admin@example.com",
      "TRIAL_LEDGER_GITLAB_TOKEN_SHA256": Self.digest,
    ]
    try await shell.serve("", environment) { server in
      for (token, status) in [("secret", 200), ("Secret", 401), (Self.digest, 401), ("", 401)] {
        let answer = try await server.ask(
          "/api/v1/gitlab/namespaces/trials/trial_types",
          headers: ["X-Admin-Email": "admin@example.com", "X-Admin-Token": token]
        )
        #expect(answer.status == status, "\(token)")
      }
    }
  }

  @Test(arguments: [
    ["TRIAL_LEDGER_GITLAB_TOKEN_SHA256": digest],
    ["TRIAL_LEDGER_GITLAB_EMAIL": "a@example.com", "TRIAL_LEDGER_GITLAB_TOKEN_SHA256": "2bb8"],
    [
      "TRIAL_LEDGER_GITLAB_EMAIL": "a@example.com", "TRIAL_LEDGER_GITLAB_TOKEN_SHA256": digest,
      "TRIAL_LEDGER_GITLAB_TOKEN": "secret",
    ],
  ])
  func `half of GitLab's credentials are none`(environment: [String: String]) throws {
    let shell = try Shell.withHistory()
    let process = shell.process("serve --listen 127.0.0.1:0")
    process.environment?.merge(environment) { $1 }
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 65)
  }

  @Test(arguments: [
    "--max-body 0", "--idle-timeout 0", "--max-items -1", "--max-batch-body 1073741825",
    "--stream-timeout 86401", "--ready-lag -1", "--max-request-memory 0",
  ])
  func `a limit that is none is refused`(option: String) throws {
    let ran = try Shell().silently("serve \(option)")
    #expect(ran.code == 64, "\(ran.errors)")
  }
}
