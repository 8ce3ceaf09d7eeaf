import LedgerFuzzSupport
import Testing

/// The inputs in `Snapshots/Fuzz`: each once found a bug, or stands at an edge.
enum Corpus {
  /// An input, and what its target makes of it.
  struct Input: Sendable, CustomTestStringConvertible {
    let path: String
    let verdict: FuzzVerdict

    /// The name of the folder.
    var target: String { String(path.split(separator: "/")[1]) }
    var testDescription: String { path }
  }

  static let inputs: [Input] =
    accepted.map { Input(path: $0, verdict: .accepted) }
    + refused.map { Input(path: $0, verdict: .refused) }

  private static let accepted: [String] = [
    "Fuzz/command/name-spelled-with-escapes.json",
    "Fuzz/event/empty-source.json",
    "Fuzz/event/nobodys-version.json",
    "Fuzz/facts/event-of-an-unknown-type.bin",
    "Fuzz/folder/recorded-after-2149.bin",
    "Fuzz/gitlab-body/controls-in-a-source.json",
    "Fuzz/http-query/plus-is-plus.txt",
    "Fuzz/json/mark-inside-a-string.json",
    "Fuzz/json/names-that-look-alike.json",
    "Fuzz/json/order-by-utf16.json",
    "Fuzz/json/sixteen-deep.json",
    "Fuzz/lz4-block/offset-zero.bin",
    "Fuzz/segment-header/first.bin",
    "Fuzz/tile-path/widest-partial.txt",
    "Fuzz/time/leap-day-of-2000.txt",
    "Fuzz/variable-integer/largest.bin",
  ]

  private static let refused: [String] = [
    "Fuzz/base64/bits-left-over.txt",
    "Fuzz/base64/padding-inside.txt",
    "Fuzz/checkpoint/extension-not-utf8.txt",
    "Fuzz/checkpoint/leading-zero.txt",
    "Fuzz/command/kelvin-sign.json",
    "Fuzz/command/number-of-65-bits.json",
    "Fuzz/durable-head/end-over-62-bits.bin",
    "Fuzz/durable-head/zeros.bin",
    "Fuzz/entry-bundle/cut-short.bin",
    "Fuzz/event/control-character.json",
    "Fuzz/facts/code-out-of-table.bin",
    "Fuzz/facts/parent-missing.bin",
    "Fuzz/frame-events/rules-of-a-group.bin",
    "Fuzz/gitlab-body/nested-too-deep.json",
    "Fuzz/http-query/half-a-character.txt",
    "Fuzz/http-query/percent-alone.txt",
    "Fuzz/http-question/size-of-65-bits.json",
    "Fuzz/import/empty.jsonl",
    "Fuzz/json/lone-surrogate.json",
    "Fuzz/json/minus-zero.json",
    "Fuzz/json/name-twice-by-escape.json",
    "Fuzz/json/seventeen-deep.json",
    "Fuzz/note-key/wrong-hash.txt",
    "Fuzz/rule-file/tower-of-aliases.yaml",
    "Fuzz/rule-tests/no-cases.yaml",
    "Fuzz/rule-tests/two-documents.yaml",
    "Fuzz/segment-header/newer-version.bin",
    "Fuzz/segment-header/peaks-missing.bin",
    "Fuzz/segment-header/recorded-before-1970.bin",
    "Fuzz/segment-header/reserved-not-zero.bin",
    "Fuzz/signed-note/no-signature.txt",
    "Fuzz/tile-path/leading-zero-group.txt",
    "Fuzz/time/day-after-the-last.txt",
    "Fuzz/time/leap-day-of-2100.txt",
    "Fuzz/time/leap-second.txt",
    "Fuzz/tokens/no-role.txt",
    "Fuzz/trial-histories/before-1970-by-zone.csv",
    "Fuzz/trial-histories/least-trial-type.csv",
    "Fuzz/variable-integer/endless.bin",
    "Fuzz/variable-integer/not-shortest.bin",
    "Fuzz/variable-integer/over-64-bits.bin",
  ]
}
