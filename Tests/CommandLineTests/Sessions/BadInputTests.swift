import Foundation
import LedgerTestSupport
import Testing

/// Every kind of bad input: one sentence that names the place, the documented exit code, and
/// nothing changed.
@Suite("Bad input")
struct BadInputTests {
  @Test(.tags(.snapshot))
  func `ids, dates, codes and options`() throws {
    let shell = try Shell.withHistory()
    let before = try shell.silently("verify").output
    shell.section("Ids")
    try shell.run("eligibility 42 0 43")
    try shell.run("eligibility 42 -- -1")
    try shell.run("eligibility --stdin", input: "42\nforty-two\n")
    try shell.run("show 9223372036854775808")
    try shell.run("start 042 --trial-type ultimate_with_dap")
    try shell.run("eligibility")
    shell.section("Dates and points of the log")
    try shell.run("eligibility 42 --on 2026-02-29")
    try shell.run("eligibility 42 --on 1.2.2026")
    try shell.run("eligibility 42 --now 2026-09-01T00:00:00Z")
    try shell.run("eligibility 42 --as-of yesterday")
    try shell.run("eligibility 42 --as-of 900")
    try shell.run("eligibility 42 --as-of 0")
    try shell.run("eligibility 42 --as-of 1970-01-01")
    try shell.run("history 42 --as-of 99999999999999999999")
    try shell.run("export --from 900")
    try shell.run("export --from 900 --to 900")
    try shell.run("change-plan 42 --plan premium --starts-on 2026-13-01 --now 2026-11-01")
    try shell.run(
      "change-plan 42 --plan premium --starts-on 2026-12-01 --ends-on 2026-12-01 --now 2026-11-01"
    )
    shell.section("Codes, texts and unknown things")
    try shell.run("start 44 --trial-type 'Ultimate Trial' --now 2026-11-01")
    try shell.run("start 44 --trial-type platinum --now 2026-11-01")
    try shell.run("change-plan 44 --plan platinum --now 2026-11-01")
    try shell.run("start 44 --trial-type ultimate_with_dap --actor-user 7 --now 2026-11-01")
    try shell.run("start 44 --trial-type ultimate_with_dap --actor-role boss --now 2026-11-01")
    try shell.run(
      "start 44 --trial-type ultimate_with_dap --actor-user me --actor-role owner --now 2026-11-01"
    )
    try shell.run("start 44 --trial-type ultimate_with_dap --command-id 'a b' --now 2026-11-01")
    try shell.run("start 44 --trial-type ultimate_with_dap --source glm --now 2026-11-01")
    try shell.run("start 44 --trial-type ultimate_with_dap --source a=1 --source a=2")
    try shell.run("start 44 --trial-type ultimate_with_dap --expected-version -1")
    try shell.run("explain 42 --trial-type platinum --now 2026-11-01")
    try shell.run("eligibility 42 --rules no-such-rules")
    try shell.run("eligibility 42 --rules 'No Such'")
    try shell.run("eligibility 42 --rules missing.yaml")
    try shell.run("prove 99")
    try shell.run("show 999 --as-of 3")
    try shell.run("history 999 --json")
    try shell.run("snapshot --list --data ledger")
    try shell.run("token list")
    let long = String(repeating: "x", count: 513)
    let oversized = try shell.silently(
      "start 44 --trial-type ultimate_with_dap --reason \(long) --now 2026-11-01"
    )
    #expect(oversized.code == 65)
    #expect(oversized.output.contains("reason has 513 bytes"))
    shell.section("Usage")
    try shell.run("begin 42")
    try shell.run("start 42")
    try shell.run("start 42 --trial ultimate")
    try shell.run("move 42")
    try shell.run("export --from 3 --to 2")
    try shell.run("serve --listen nowhere")
    expectSnapshot(of: shell.transcript, at: "CommandLine/bad-options.txt")
    #expect(try shell.silently("verify").output == before, "bad input changed the ledger")
  }

  @Test(.tags(.snapshot))
  func `lines of apply`() throws {
    let shell = try Shell.withHistory()
    let before = try shell.silently("verify").output
    try shell.run(
      "apply",
      input: """
        {"command":"start_trial","namespace_id":44
        {"command":"start_trial","namespace_id":44,"namespace_id":45,"trial_type":"ultimate"}

        {"command":"start_trial","namespace_id":44,"trial_type":"ultimate","colour":"blue"}
        {"command":"start_trial","namespace_id":4.0,"trial_type":"ultimate"}
        {"command":"start_trial","namespace_id":1e3,"trial_type":"ultimate"}
        {"command":"start_trial","namespace_id":0,"trial_type":"ultimate"}
        {"command":"start_trial","namespace_id":99999999999999999999,"trial_type":"ultimate"}
        {"command":"start_trial","trial_type":"ultimate"}
        {"command":"launch","namespace_id":44}
        {"command":"change_plan","namespace_id":44,"plan":"premium","starts_on":"2026-02-30"}
        {"command":"start_trial","namespace_id":44,"trial_type":"any"}
        {"command":"start_trial","namespace_id":44,"trial_type":"ultimate"} trailing
        {"command":"start_trial","namespace_id":44,"trial_type":"ultimate",}
        {"command":"end_trial","namespace_id":44,"trial_type":"ultimate","source":{"A":"b"}}
        {"command":"end_trial","namespace_id":44,"trial_type":"ultimate","reason":null}
        {"command":"end_trial","namespace_id":44,"trial_type":"ultimate","now":"2026-11-01T00:00:00.000Z"}
        [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]
        "a string"
        nonsense

        """
    )
    try shell.run(
      "apply --test-clock",
      input: """
        {"command":"end_trial","namespace_id":43,"trial_type":"ultimate_with_dap"}
        {"command":"end_trial","namespace_id":43,"trial_type":"platinum","now":"2026-11-02T00:00:00.000Z"}
        {"command":"end_trial","namespace_id":43,"trial_type":"platinum","now":"2026-11-01T00:00:00.000Z"}
        {"command":"end_trial","namespace_id":43,"trial_type":"platinum","now":"2026-11-01"}
        {"command":"end_trial","namespace_id":43,"trial_type":"platinum"}

        """
    )
    #expect(try shell.silently("verify").output == before, "invalid lines changed the ledger")
    expectSnapshot(of: shell.transcript, at: "CommandLine/bad-lines.txt")
  }

  @Test func `a line of a mebibyte is read, a longer one is not`() throws {
    let shell = try Shell.withHistory()
    let short = #"{"command":"end_trial","namespace_id":43,"trial_type":"platinum"}"#
    let padding = String(repeating: " ", count: (1 << 20) - short.utf8.count)
    let ran = try shell.silently(
      "apply",
      input: "\(short)\(padding)\n\(short)\(padding) \n\(short)\n"
    )
    let lines = ran.output.split(separator: "\n")
    #expect(ran.code == 0)
    try #require(lines.count == 3)
    #expect(lines[0].contains("unknown_trial_type"))
    #expect(
      lines[1].contains("the line has more than 1048576 bytes") && lines[1].contains("\"line\":2")
    )
    #expect(lines[2].contains("unknown_trial_type"))
  }

  @Test(.tags(.snapshot))
  func `folders that are no ledger, or not whole`() throws {
    let shell = try Shell.withHistory()
    try FileManager.default.createDirectory(
      at: shell.url("foreign"),
      withIntermediateDirectories: false
    )
    try shell.write("not ours", to: "foreign/notes.txt")
    shell.section("Nothing there, something else there, a ledger there already")
    try shell.run("show 42 --data nowhere")
    try shell.run("start 42 --trial-type ultimate_with_dap --data nowhere")
    try shell.run("show 42 --data foreign")
    try shell.run("start 42 --trial-type ultimate_with_dap --data foreign")
    try shell.run("init --data foreign")
    try shell.run("init")
    try shell.run("init --data elsewhere --now 2026-09-01")
    try shell.run("init --data elsewhere --origin 'two words'")
    try shell.run("init --data elsewhere --rules missing.yaml")
    try shell.run("init --data elsewhere --rules missing")
    #expect(!FileManager.default.fileExists(atPath: shell.url("elsewhere").path))
    #expect(!FileManager.default.fileExists(atPath: shell.url("nowhere").path))
    shell.section("A real clock is not to be told what time it is")
    try shell.run("init --data real")
    try shell.run("start 42 --trial-type ultimate_with_dap --data real --now 2026-09-01")
    try shell.run("apply --test-clock --data real")
    expectSnapshot(of: shell.transcript, at: "CommandLine/bad-folders.txt")
  }

  /// 74 means that something may have happened; of a mistyped name nothing has.
  @Test func `a file that cannot be read is named, and is wrong data`() throws {
    let shell = try Shell.withHistory()
    let before = try shell.silently("verify").output
    for line in [
      "eligibility 42 --rules %.yaml", "apply %", "import %", "import % --renumber",
      "import % --format trial-histories", "rules lint %", "rules test % %", "rules activate %/%",
      "init --data other --rules ./%", "verify-proof ledger/% --key %", "rules diff ./%",
    ] {
      let missing = try shell.silently(line.replacing("%", with: "nope"))
      #expect(missing.code == 65, "\(line): \(missing.errors)")
      #expect(missing.errors.contains("nope"), "\(missing.errors)")
      if line.contains("%.yaml") || line.contains("%/%") || line.contains("ledger/%") { continue }
      let folder = try shell.silently(line.replacing("%", with: "ledger"))
      #expect(folder.code == 65, "\(line): \(folder.errors)")
      #expect(folder.errors.contains("ledger: it is a folder"), "\(line): \(folder.errors)")
    }
    #expect(try shell.silently("verify").output == before)
    #expect(!FileManager.default.fileExists(atPath: shell.url("other").path))
  }

  @Test func `a damaged byte ends every verb with 70`() throws {
    let shell = try Shell.withHistory()
    let file = try shell.firstSegment()
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 4] ^= 0x40
    try bytes.write(to: file)
    for verb in ["verify", "show 42", "export", "start 42 --trial-type ultimate_with_dap"] {
      let ran = try shell.silently(verb)
      #expect(ran.code == 70, "\(verb): \(ran.errors)")
      #expect(ran.output.isEmpty)
      #expect(ran.errors.hasPrefix("Error: "))
      #expect(try Data(contentsOf: file) == bytes, "\(verb) changed a damaged file")
    }
  }

  @Test func `a folder of a newer version ends every verb with 65`() throws {
    let shell = try Shell.withHistory()
    let file = try shell.firstSegment()
    var bytes = try Data(contentsOf: file)
    // The version of the log's format, four bytes from byte 4 on.
    bytes[4] = 2
    try bytes.write(to: file)
    for verb in ["verify", "show 42", "export", "start 42 --trial-type ultimate_with_dap"] {
      let ran = try shell.silently(verb)
      #expect(ran.code == 65, "\(verb): \(ran.errors)")
      #expect(ran.errors.contains("format version 2, which is newer"), "\(ran.errors)")
      #expect(try Data(contentsOf: file) == bytes, "\(verb) changed a file of a newer version")
    }
  }

  @Test func `a torn tail is cut by the next writer, which says so, and by no reader`() throws {
    let shell = try Shell.withHistory()
    let before = try shell.silently("export").output
    let file = try shell.firstSegment()
    let whole = try Data(contentsOf: file)
    try (whole + Data(repeating: 0x17, count: 100)).write(to: file)
    let reading = try shell.silently("export")
    #expect(reading.code == 0 && reading.output == before, "\(reading.errors)")
    #expect(try Data(contentsOf: file).count == whole.count + 100)
    let writing = try shell.silently(
      "start 44 --trial-type ultimate_with_dap --now 2026-11-01"
    )
    #expect(writing.code == 0 && writing.output.hasPrefix("recorded\n"), "\(writing.errors)")
    #expect(writing.errors.split(separator: "\n").count == 1, "\(writing.errors)")
    #expect(try shell.silently("export").output.hasPrefix(before))
    #expect(try shell.silently("verify").code == 0)
  }
}

extension Shell {
  /// The file with the first events of the ledger.
  fileprivate func firstSegment() throws -> URL {
    let segments = url("ledger/segments")
    let names = try FileManager.default.contentsOfDirectory(atPath: segments.path).sorted()
    return segments.appending(path: try #require(names.first))
  }
}
