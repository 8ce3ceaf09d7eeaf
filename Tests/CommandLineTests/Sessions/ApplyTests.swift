import Foundation
import LedgerTestSupport
import Testing

@Suite("Apply")
struct ApplyTests {
  @Test(.tags(.snapshot))
  func `outcomes stand in the order of the lines`() throws {
    let shell = try Shell()
    try shell.run("init --test-clock --now 2026-09-01")
    shell.section("One by one: what fails does not stop the others")
    try shell.run(
      "apply --test-clock",
      input: """
        {"command":"start_trial","namespace_id":1,"trial_type":"ultimate_with_dap","command_id":"a","now":"2026-09-01T08:00:00.000Z"}

        {"command":"start_trial","namespace_id":1,"trial_type":"ultimate_with_dap","command_id":"a"}
        {"command":"start_trial","namespace_id":2,"trial_type":"ultimate_with_dap","command_id":"a"}
        {"command":"start_trial","namespace_id":1,"trial_type":"ultimate_with_dap"}
        {"command":"extend_trial","namespace_id":1,"expected_version":7}
        {"command":"oops"}
        {"command":"change_plan","namespace_id":1,"plan":"premium","now":"2026-09-05T00:00:00.000Z"}
        """
    )
    shell.section("All or nothing: nothing")
    try shell.run(
      "apply --test-clock --atomic",
      input: """
        {"command":"start_trial","namespace_id":3,"trial_type":"ultimate_with_dap","now":"2026-09-06T00:00:00.000Z"}
        {"command":"extend_trial","namespace_id":3}
        {"command":"extend_trial","namespace_id":3}
        """
    )
    try shell.run(
      "apply --test-clock --atomic",
      input: """
        {"command":"start_trial","namespace_id":3,"trial_type":"ultimate_with_dap","now":"2026-09-06T00:00:00.000Z"}
        {"command":"oops"}
        {"command":"start_trial","namespace_id":3,"trial_type":"ultimate_with_dap"}
        """
    )
    try shell.run("history 3")
    shell.section("All or nothing: all")
    try shell.run(
      "apply --test-clock --atomic",
      input: """
        {"command":"start_trial","namespace_id":3,"trial_type":"ultimate_with_dap","now":"2026-09-06T00:00:00.000Z"}
        {"command":"extend_trial","namespace_id":3}
        """
    )
    shell.section("Nothing to do, no file")
    try shell.run("apply")
    try shell.run("apply missing.jsonl")
    expectSnapshot(of: shell.transcript, at: "CommandLine/apply.txt")
  }

  @Test func `an atomic batch has at most 10,000 commands`() throws {
    let shell = try Shell.withHistory()
    let before = try shell.silently("verify").output
    let line = #"{"command":"end_trial","namespace_id":43,"trial_type":"platinum"}"# + "\n"
    let most = try shell.silently("apply --atomic", input: String(repeating: line, count: 10_000))
    #expect(most.code == 1)
    #expect(most.output.split(separator: "\n").count == 10_000)
    let more = try shell.silently(
      "apply --atomic",
      input: String(repeating: line + "\n", count: 10_001)
    )
    #expect(more.code == 65)
    #expect(more.errors.contains("line 20001 "), "\(more.errors)")
    #expect(more.output.isEmpty)
    #expect(try shell.silently("verify").output == before)
  }

  @Test func `a lone line is answered while the input stays open, and nobody else may write`()
    throws
  {
    let shell = try Shell.withHistory()
    let process = shell.process("apply")
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    for number in 1...3 {
      let line = #"{"command":"end_trial","namespace_id":\#(number),"trial_type":"platinum"}"#
      try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
      let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      #expect(answer.contains("unknown_trial_type") && answer.hasSuffix("\n"), "\(answer)")
    }
    let second = try shell.silently("start 44 --trial-type ultimate_with_dap")
    #expect(second.code == 75, "\(second.errors)")
    #expect(second.errors.hasPrefix("Error: ") && second.output.isEmpty)
    // Reading goes on beside it.
    #expect(try shell.silently("show 42 --now 2026-11-01").code == 0)
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(
      try shell.silently("start 44 --trial-type ultimate_with_dap --now 2026-11-01").code == 0
    )
  }

  @Test func `whoever stops reading ends an export quietly`() throws {
    let shell = try Shell()
    let made = try shell.silently(
      "generate --events 5000 --namespaces 500 --seed 3"
    )
    #expect(made.code == 0, "\(made.errors)")
    let process = shell.process("export")
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    _ = output.fileHandleForReading.availableData
    try output.fileHandleForReading.close()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 0)
    #expect(try errors.fileHandleForReading.readToEnd() ?? Data() == Data())
  }

  @Test func `follow from a position past the head says that it waits`() throws {
    let shell = try Shell.withHistory()
    let process = shell.process("follow --from 9999")
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    defer { process.terminate() }
    let said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    #expect(
      said
        == "position 9,999 is past the head (9 events); nothing is printed before it is reached\n"
    )
  }

  @Test func `follow prints what is recorded while it runs`() throws {
    let shell = try Shell.withHistory()
    let process = shell.process("follow --from 6")
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    defer { process.terminate() }
    var seen = ""
    while seen.filter({ $0 == "\n" }).count < 3 {
      seen += String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    }
    #expect(seen == (try shell.silently("export --from 6").output))
    let ran = try shell.silently("start 44 --trial-type ultimate_with_dap --now 2026-11-01")
    #expect(ran.code == 0)
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    #expect(line == (try shell.silently("export --from 9").output))
  }
}
