import Testing
import TrialLedger

@testable import trial_ledger

@Suite("Terminal")
struct TerminalTests {
  @Test func `colours are for terminals that want them`() {
    let rows: [(isTerminal: Bool, environment: [String: String], hasColour: Bool)] = [
      (true, [:], true),
      (false, [:], false),
      (true, ["NO_COLOR": "1"], false),
      (true, ["NO_COLOR": ""], true),
      (true, ["TERM": "dumb"], false),
      (true, ["TERM": "xterm-256color"], true),
    ]
    for row in rows {
      let terminal = Terminal(
        isTerminal: row.isTerminal,
        columnCount: 90,
        environment: row.environment
      )
      #expect(terminal.hasColour == row.hasColour, "\(row)")
    }
  }

  @Test func `the width is the terminal's, else what COLUMNS says, else a terminal's usual one`() {
    let rows: [(isTerminal: Bool, columnCount: Int?, columns: String?, expected: Int?)] = [
      (true, 120, "60", 120), (true, nil, "60", 60), (true, nil, nil, 80), (false, nil, "60", 60),
      (false, nil, "0", nil), (false, nil, "wide", nil), (false, nil, nil, nil),
    ]
    for row in rows {
      let terminal = Terminal(
        isTerminal: row.isTerminal,
        columnCount: row.columnCount,
        environment: row.columns.map { ["COLUMNS": $0] } ?? [:]
      )
      #expect(terminal.columnCount == row.expected, "\(row)")
    }
  }

  @Test func `Unicode is for locales of UTF-8, the first that is named`() {
    let rows: [([String: String], Bool)] = [
      ([:], false), (["LANG": "en_US.UTF-8"], true), (["LANG": "C.utf8"], true),
      (["LANG": "en_US.UTF-8", "LC_ALL": "C"], false), (["LC_ALL": "", "LANG": "C.UTF-8"], true),
      (["LC_CTYPE": "de_DE.ISO-8859-1", "LANG": "C.UTF-8"], false), (["LANG": "POSIX"], false),
      (["LANG": "de_DE.UTF-8@euro"], true),
    ]
    for (environment, expected) in rows {
      let terminal = Terminal(isTerminal: true, columnCount: 80, environment: environment)
      #expect(terminal.hasUnicode == expected, "\(environment)")
    }
  }

  @Test func `text from outside cannot steer a terminal`() {
    #expect(printable("a\u{1b}[31mb\u{7}\u{202e}c") == "a<U+1B>[31mb<U+7><U+202E>c")
    #expect(printable("Grüße, 世界") == "Grüße, 世界")
  }

  @Test func `text is measured in columns`() {
    #expect(displayWidth("") == 0)
    #expect(displayWidth("Grüße") == 5)
    #expect(displayWidth("u\u{308}") == 1)
    #expect(displayWidth("世界") == 4)
    #expect(clipped("世界", to: 3, unicode: true) == "世…")
    #expect(clipped("abcdef", to: 4, unicode: false) == "abc~")
    #expect(clipped("abc", to: 3, unicode: true) == "abc")
    #expect(clippedInside("ultimate_with_dap", to: 9, unicode: true) == "ulti…_dap")
    #expect(wrapped("one two three", to: 7) == ["one two", "three"])
    #expect(wrapped("abcdefgh ij", to: 3) == ["abc", "def", "gh", "ij"])
  }
}

@Suite("Table")
struct TableTests {
  @Test func `columns are aligned and long texts wrapped`() {
    var table = Table([
      Table.Column("N", .right), Table.Column("WHAT", isWrapped: true), Table.Column("WHO"),
    ])
    table.append(["1", "a text that is much too long for its column", "owner"])
    table.append(["22", "short", ""])
    let narrow = Terminal(isTerminal: false, columnCount: 30, environment: [:])
    #expect(
      table.lines(for: narrow) == [
        " N  WHAT                 WHO",
        " 1  a text that is much  owner",
        "    too long for its",
        "    column",
        "22  short",
      ]
    )
    let wide = Terminal(isTerminal: false, columnCount: nil, environment: [:])
    #expect(table.lines(for: wide).count == 3)
  }

  @Test func `cells are coloured on a terminal and nowhere else`() {
    var table = Table([Table.Column("A")])
    table.append([Table.Cell("x", .good)])
    let terminal = Terminal(isTerminal: true, columnCount: 80, environment: [:])
    #expect(table.lines(for: terminal)[1] == "\u{1b}[32mx\u{1b}[0m")
    let file = Terminal(isTerminal: false, columnCount: nil, environment: [:])
    #expect(table.lines(for: file)[1] == "x")
  }
}

@Suite("Progress")
struct ProgressTests {
  @Test func `says how far, how fast and how long still`() {
    #expect(
      progressLine(phase: "reading", done: 1_500_000, total: 10_000_000, elapsedSeconds: 3)
        == "reading: 1,500,000 of 10,000,000 (15 %), 500 k/s, 17 s left"
    )
    #expect(
      progressLine(phase: "checking", done: 2_000, total: 0, elapsedSeconds: 2)
        == "checking: 2,000, 1.00 k/s"
    )
    #expect(
      progressLine(
        phase: "rebuilding",
        done: 5_000,
        total: 10_000,
        elapsedSeconds: 1,
        remainingSeconds: 8
      ) == "rebuilding: 5,000 of 10,000 (50 %), 5.00 k/s, 8 s left"
    )
    #expect(
      progressLine(
        phase: "comparing",
        done: 0,
        total: 0,
        elapsedSeconds: 2,
        remainingSeconds: 3
      ) == "comparing, 3 s left"
    )
    #expect(
      progressLine(phase: "reading", done: 0, total: 5, elapsedSeconds: 2)
        == "reading: 0 of 5 (0 %)"
    )
  }

  @Test func `numbers are written for people`() {
    #expect(grouped(0) == "0")
    #expect(grouped(-1_234_567) == "-1,234,567")
    #expect(shortened(999) == "999")
    #expect(shortened(12_345) == "12.3 k")
    #expect(shortened(4_560_000) == "4.56 M")
    #expect(byteCount(950) == "950 B")
    #expect(byteCount(12_345) == "12.3 kB")
    #expect(duration(seconds: 61) == "1 min 01 s")
    #expect(duration(seconds: 7_500) == "2 h 05 min")
    #expect(counted(1, "event") == "1 event")
    #expect(counted(1_000, "event") == "1,000 events")
  }
}
