#if GitLabSync
import Foundation
import LedgerTestSupport
import Testing

@Suite("Sync")
struct SyncTests {
  /// A shell with a ledger of two namespaces, served once so that its pushes are due: to a port on
  /// which nothing listens.
  private func makeShell() throws -> Shell {
    let shell = try Shell()
    for line in [
      "init --test-clock --now 2026-09-01",
      "change-plan 42 --plan premium --now 2026-09-01",
      "change-plan 43 --plan ultimate --now 2026-09-02",
    ] {
      let ran = try shell.silently(line)
      try #require(ran.code == 0, "\(line): \(ran.errors)")
    }
    try #require(try shell.silently("sync keygen keys").code == 0)
    let process = shell.process(
      "serve --listen 127.0.0.1:0 --sync-to http://127.0.0.1:1 "
        + "--sync-issuer https://ledger.example --sync-keys keys"
    )
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var status = ""
    // Once a push of each has failed.
    while process.isRunning, status.split(separator: "connect").count < 3 {
      status = try shell.silently("sync status").output
    }
    process.terminate()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return shell
  }

  @Test func `what waits is shown, and tried again by hand`() throws {
    let shell = try makeShell()
    let status = try shell.silently("sync status --json")
    #expect(status.code == 0)
    for part in [
      #""gitlab":"http://127.0.0.1:1""#, #""position":3,"lag_events":0"#, #""due":2"#,
      #""parked":0,"parked_namespaces":[]"#,
    ] {
      #expect(status.output.contains(part), "\(status.output)")
    }
    #expect(try shell.silently("sync retry").output == "2 namespaces will be tried again\n")
    #expect(try shell.silently("sync retry 7").code == 1)
    #expect(try shell.silently("sync retry x").code != 0)
    let held = try shell.silently("sync status 42").output
    #expect(held.contains(#""plan_code":"premium""#) && held.contains(#""pushed":false"#))
  }

  @Test(.tags(.snapshot))
  func `a dump is compared, and what differs is pushed again`() throws {
    let shell = try makeShell()
    let rows = "42,premium,f,2026-09-01\n43,,t,\n"
    try shell.write("namespace_id,plan_code,trial,start_date\n\(rows)", to: "d.csv")
    let line = #"{"namespace_id":43,"plan_code":"ultimate","end_date":null}"#
    try shell.write("\(line)\n\n", to: "same.jsonl")
    try shell.write("namespace_id,add_on,purchase_xid,trial\n42,duo_pro,9,t\n", to: "a.csv")
    try shell.run("sync reconcile --dump d.csv")
    try shell.run("sync reconcile --dump d.csv --add-ons a.csv --json --repair")
    try shell.run("sync reconcile --dump d.csv --add-ons a.csv --repair")
    try shell.run("sync reconcile --dump same.jsonl")
    try shell.run("sync reconcile --dump same.jsonl --partial")
    try shell.write("\(line)\n\(line)\n", to: "twice.jsonl")
    try shell.run("sync reconcile --dump twice.jsonl")
    try shell.write(#"{"namespace_id":44,"plan_code":"ultimate"}"#, to: "strange.jsonl")
    try shell.run("sync reconcile --dump strange.jsonl --partial --repair")
    try shell.write("{}\n", to: "bad.jsonl")
    try shell.run("sync reconcile --dump bad.jsonl")
    try shell.run("sync reconcile")
    try shell.run("sync reconcile 42 --dump d.csv")
    try shell.run("serve --sync-to http://127.0.0.1:1")
    try shell.run("serve --sync-to gitlab.example --sync-issuer x --sync-keys keys")
    try shell.run(
      "serve --sync-to http://127.0.0.1:2 --sync-issuer https://ledger.example --sync-keys keys"
    )
    try shell.run("serve --sync-check-owners")
    try shell.run("sync status --data nothing")
    expectSnapshot(of: shell.transcript, at: "CommandLine/sync.txt")
  }

  @Test func `drift is shown until it is compared again`() throws {
    let shell = try makeShell()
    #expect(try shell.silently("sync status").output.contains("never; see sync reconcile"))
    try shell.write("namespace_id,plan_code\n43,premium\n44,premium\n", to: "all.csv")
    #expect(try shell.silently("sync reconcile --dump all.csv").code == 1)
    let status = try shell.silently("sync status").output
    #expect(status.contains("subscription 1, missing_in_gitlab 1, missing_in_ledger 1"))
    try shell.write("namespace_id,plan_code\n43,ultimate\n", to: "some.csv")
    #expect(try shell.silently("sync reconcile --dump some.csv --partial").code == 0)
    let json = try shell.silently("sync status --json").output
    let drift =
      #""drift":{"subscription":0,"add_on":0,"missing_in_gitlab":1,"missing_in_ledger":1,"#
      + #""subgroup":0}"#
    #expect(json.contains(drift) && json.contains(#""compared_namespaces":3,"#), "\(json)")
  }

  /// With other seats than the last time, what was pushed is looked at again, and shown so.
  @Test func `what serve told GitLab of seats and renewal is what status tells`() throws {
    let shell = try makeShell()
    let before = try shell.silently("sync status 42").output
    #expect(!before.contains("auto_renew"))
    let process = shell.process(
      "serve --listen 127.0.0.1:0 --sync-to http://127.0.0.1:1 --sync-seats 7 "
        + "--no-sync-auto-renew --sync-issuer https://ledger.example --sync-keys keys"
    )
    try shell.write("", to: "said")
    process.standardError = try FileHandle(forWritingTo: shell.url("said"))
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var held = ""
    while process.isRunning, !held.contains(#""seats":7,"auto_renew":false"#) {
      held = try shell.silently("sync status 42").output
    }
    // The seats are kept before it serves; only from then on a signal ends it well.
    var said = ""
    while process.isRunning, !said.contains("serving the native API on") {
      said = try String(contentsOf: shell.url("said"), encoding: .utf8)
    }
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(held.contains(#""seats":7,"auto_renew":false"#))
  }

  @Test(.tags(.snapshot))
  func `every verb says what it does, with examples`() throws {
    let shell = try Shell()
    for verb in ["sync", "sync keygen", "sync status", "sync retry", "sync reconcile"] {
      #expect(try shell.run("\(verb) --help").output.contains("EXAMPLES\n  trial-ledger sync"))
    }
    expectSnapshot(of: shell.transcript, at: "CommandLine/sync-help.txt")
  }

  @Test func `keys are secret, and none is overwritten`() throws {
    let shell = try Shell()
    let path = try shell.silently("sync keygen keys").output.trimmingCharacters(in: .newlines)
    let attributes = try FileManager.default.attributesOfItem(atPath: shell.url(path).path)
    #expect(attributes[.posixPermissions] as? NSNumber == 0o600)
    #expect(try shell.silently("sync keygen keys").code == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: shell.url("keys").path).count == 2)
  }
}
#endif
