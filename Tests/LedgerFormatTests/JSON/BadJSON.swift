/// Texts that no reader takes, each with a name; the sentences are in Snapshots/Format.
enum BadJSON {
  static let texts: [(String, [UInt8])] =
    [
      ("empty", ""), ("only spaces", "  "), ("byte order mark", "\u{feff}{}"),
      ("text after", "{} x"), ("two values", "1 2"), ("bare word", "yes"), ("cut word", "tru"),
      ("wrong word", "nulL"), ("capital word", "True"), ("single quotes", "'a'"),
      ("comment", "{/* a */}"), ("line comment", "[1] // a"), ("NaN", "NaN"),
      ("trailing comma in object", "{\"a\":1,}"), ("trailing comma in array", "[1,]"),
      ("lone comma", "[,]"), ("missing comma", "[1 2]"), ("missing colon", "{\"a\" 1}"),
      ("missing value", "{\"a\":}"), ("unquoted key", "{a:1}"), ("number as key", "{1:1}"),
      ("duplicate key", "{\"a\":1,\"b\":2,\"a\":3}"),
      ("duplicate key by escape", "{\"a\":1,\"\\u0061\":2}"),
      ("duplicate key inside", "{\"x\":[0,{\"y\":{\"k\":1,\"k\":2}}]}"),
      ("open object", "{"), ("open array", "[1"), ("open string", "\"abc"), ("open escape", "\"\\"),
      ("closed twice", "[]]"), ("wrong bracket", "[1}"), ("key only", "{\"a\""),
      ("newline in string", "\"a\nb\""), ("tab in string", "\"a\tb\""), ("NUL in string", "\"\0\""),
      ("NUL outside", "\0"), ("unknown escape", "\"\\x41\""), ("escaped quote mark", "\"\\'\""),
      ("escape of a character", "\"\\é\""), ("escape of a newline", "\"\\\n\""),
      ("short unicode escape", "\"\\u12\""), ("bad unicode escape", "\"\\u12g4\""),
      ("signed unicode escape", "\"\\u+123\""), ("lone high surrogate", "\"\\ud800\""),
      ("high surrogate before text", "\"\\ud800x\""),
      ("two high surrogates", "\"\\ud800\\ud800\""), ("lone low surrogate", "\"\\udc00\""),
      ("fraction", "1.0"), ("exponent", "1e3"), ("negative zero", "-0"), ("leading zero", "01"),
      ("negative leading zero", "-01"), ("plus sign", "+1"), ("minus only", "-"), ("dot", "1."),
      ("hexadecimal", "0x10"), ("underscore", "1_000"), ("past 64 bits", "9223372036854775808"),
      ("past 64 bits below", "-9223372036854775809"),
      ("fraction in a field", "{\"actor\":{\"user_id\":7.5}}"),
      ("fraction in an element", "{\"ids\":[1,[2,3.5]]}"),
      ("control in a key", "{\"\u{1b}[31m\":1,\"\u{1b}[31m\":2}"), ("emoji", "👩"),
      ("deep", String(repeating: "[", count: 17)),
    ].map { ($0, Array($1.utf8)) } + [
      ("overlong slash", [0x22, 0xc0, 0xaf, 0x22]), ("surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]),
      ("past the last character", [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]),
      ("continuation alone", [0x22, 0x80, 0x22]), ("cut character", [0x22, 0xe2, 0x82, 0x22]),
      ("cut at the end", [0x22, 0xe2, 0x82]), ("byte 0xff", [0xff]),
      ("UTF-16", [0xff, 0xfe, 0x7b, 0x00]), ("too long", Array(repeating: 0x20, count: 1_048_577)),
    ]

  private static func event(_ fields: String) -> String {
    "{\"position\":0,\"version\":1,\"recorded_at\":\"2026-02-10T09:00:00.000Z\",\(fields)}"
  }

  private static let started =
    "\"namespace_id\":1,\"type\":\"trial_started\",\"starts_on\":\"2026-02-10\","
    + "\"ends_on\":\"2026-03-12\""
  private static let whole = started + ",\"trial_type\":\"ultimate\""
  private static let rules =
    "\"type\":\"rules_activated\",\"rules\":\"x\",\"rules_sha256\":\""
    + String(repeating: "0", count: 64) + "\""

  static let events: [(String, String)] =
    [
      ("no object", "[]"), ("no type", event("\"namespace_id\":1")),
      ("type a number", event("\"namespace_id\":1,\"type\":1")),
      ("unknown type", event("\"namespace_id\":1,\"type\":\"trial_paused\"")),
      ("unknown field", event(whole + ",\"note\":\"x\"")),
      ("field of another type", event(whole + ",\"plan\":\"free\"")),
      ("missing trial type", event(started)),
      ("trial type any", event(started + ",\"trial_type\":\"any\"")),
      ("trial type in capitals", event(started + ",\"trial_type\":\"Ultimate\"")),
      ("trial type null", event(started + ",\"trial_type\":null")),
      (
        "missing date",
        event(
          "\"namespace_id\":1,\"type\":\"trial_ended\",\"trial_type\":\"x\",\"cause\":\"converted\""
        )
      ),
      (
        "unknown cause",
        event(
          "\"namespace_id\":1,\"type\":\"trial_ended\",\"trial_type\":\"x\",\"on\":\"2026-01-01\","
            + "\"cause\":\"paused\""
        )
      ),
      ("no such day", event(whole.replacing("2026-03-12", with: "2026-02-29"))),
      ("date past the last", event(whole.replacing("2026-03-12", with: "2149-06-07"))),
      ("date with time", event(whole.replacing("2026-03-12", with: "2026-03-12T00:00:00.000Z"))),
      ("date a number", event(whole.replacing("\"2026-03-12\"", with: "20260312"))),
      ("namespace zero", event(whole.replacing("\"namespace_id\":1", with: "\"namespace_id\":0"))),
      (
        "namespace negative",
        event(whole.replacing("\"namespace_id\":1", with: "\"namespace_id\":-5"))
      ),
      (
        "namespace a string",
        event(whole.replacing("\"namespace_id\":1", with: "\"namespace_id\":\"1\""))
      ),
      (
        "namespace past 64 bits",
        event(whole.replacing("\"namespace_id\":1", with: "\"namespace_id\":9223372036854775808"))
      ),
      ("parent missing", event("\"namespace_id\":1,\"type\":\"namespace_moved\"")),
      ("parent zero", event("\"namespace_id\":1,\"type\":\"namespace_moved\",\"parent_id\":0")),
      (
        "parent a string",
        event("\"namespace_id\":1,\"type\":\"namespace_moved\",\"parent_id\":\"2\"")
      ),
      ("rules of a group", event("\"namespace_id\":1,\"rules_id\":\"a\"," + rules)),
      ("rules id with a space", event("\"namespace_id\":0,\"rules_id\":\"a b\"," + rules)),
      (
        "hash in capitals",
        event(
          "\"namespace_id\":0,\"rules_id\":\"a\","
            + rules.replacing("\"000", with: "\"ABC")
        )
      ),
      (
        "rules too long",
        event(
          "\"namespace_id\":0,\"rules_id\":\"a\","
            + rules.replacing(":\"x\"", with: ":\"\(String(repeating: "x", count: 49_153))\"")
        )
      ),
      (
        "event too long",
        event(
          "\"namespace_id\":0,\"rules_id\":\"a\","
            + rules.replacing(":\"x\"", with: ":\"\(String(repeating: "\\n", count: 40_000))\"")
        )
      ),
      ("no position", "{\"version\":1,\"recorded_at\":\"2026-02-10T09:00:00.000Z\",\(whole)}"),
      ("no version", "{\"position\":1,\"recorded_at\":\"2026-02-10T09:00:00.000Z\",\(whole)}"),
      ("no instant", "{\"position\":1,\"version\":1,\(whole)}"),
      ("position negative", event(whole).replacing("\"position\":0", with: "\"position\":-1")),
      ("version zero", event(whole).replacing("\"version\":1", with: "\"version\":0")),
      ("instant without milliseconds", event(whole).replacing(".000Z", with: "Z")),
      ("instant with an offset", event(whole).replacing(".000Z", with: ".000+01:00")),
      ("leap second", event(whole).replacing("09:00:00", with: "23:59:60")),
    ] + metadata.map { ($0, event(whole + "," + $1)) }

  private static let metadata: [(String, String)] = [
    ("actor a string", "\"actor\":\"owner\""), ("actor without role", "\"actor\":{\"user_id\":7}"),
    ("unknown role", "\"actor\":{\"role\":\"admin\"}"),
    ("user id zero", "\"actor\":{\"role\":\"owner\",\"user_id\":0}"),
    ("user id null", "\"actor\":{\"role\":\"owner\",\"user_id\":null}"),
    ("actor with a name", "\"actor\":{\"role\":\"owner\",\"name\":\"x\"}"),
    ("command id empty", "\"command_id\":\"\""),
    ("command id with a space", "\"command_id\":\"a b\""),
    ("command id too long", "\"command_id\":\"\(String(repeating: "a", count: 65))\""),
    ("command id not ASCII", "\"command_id\":\"\u{212a}\""),
    ("reason null", "\"reason\":null"), ("reason with a newline", "\"reason\":\"a\\nb\""),
    ("reason with DEL", "\"reason\":\"\u{7f}\""),
    ("reason too long", "\"reason\":\"\(String(repeating: "é", count: 257))\""),
    ("source a list", "\"source\":[]"), ("source value a number", "\"source\":{\"a\":1}"),
    ("source key in capitals", "\"source\":{\"A\":\"x\"}"),
    ("source key empty", "\"source\":{\"\":\"x\"}"),
    ("source key too long", "\"source\":{\"\(String(repeating: "k", count: 33))\":\"x\"}"),
    ("source value too long", "\"source\":{\"k\":\"\(String(repeating: "v", count: 257))\"}"),
    ("source value with a tab", "\"source\":{\"k\":\"\\t\"}"),
    (
      "source of nine",
      "\"source\":{\((1...9).map { "\"k\($0)\":\"\"" }.joined(separator: ","))}"
    ),
  ]

  private static let start = "\"command\":\"start_trial\",\"namespace_id\":42"
  private static let change = "\"command\":\"change_plan\",\"namespace_id\":42,\"plan\":\"premium\""

  static let commands: [(String, String)] = [
    ("no JSON", "start 42"), ("no object", "\"start_trial\""), ("no command", "{}"),
    ("command a number", "{\"command\":1}"), ("unknown command", "{\"command\":\"pause_trial\"}"),
    ("no namespace", "{\"command\":\"start_trial\",\"trial_type\":\"x\"}"),
    ("namespace null", "{\"command\":\"start_trial\",\"namespace_id\":null,\"trial_type\":\"x\"}"),
    ("namespace zero", "{\"command\":\"start_trial\",\"namespace_id\":0,\"trial_type\":\"x\"}"),
    (
      "namespace past 64 bits",
      "{\"command\":\"start_trial\",\"namespace_id\":9223372036854775808,\"trial_type\":\"x\"}"
    ),
    (
      "namespace a fraction",
      "{\"command\":\"start_trial\",\"namespace_id\":42.0,\"trial_type\":\"x\"}"
    ),
    ("no trial type", "{\(start)}"), ("trial type a list", "{\(start),\"trial_type\":[\"x\"]}"),
    ("end without type", "{\"command\":\"end_trial\",\"namespace_id\":42}"),
    ("type null", "{\"command\":\"extend_trial\",\"namespace_id\":42,\"trial_type\":null}"),
    ("unknown field", "{\(start),\"trial_type\":\"x\",\"typ\":1}"),
    ("field of another command", "{\(start),\"trial_type\":\"x\",\"plan\":\"free\"}"),
    ("position", "{\(start),\"trial_type\":\"x\",\"position\":0}"),
    ("now", "{\(start),\"trial_type\":\"x\",\"now\":\"2026-02-10T09:00:00.000Z\"}"),
    ("version negative", "{\(start),\"trial_type\":\"x\",\"expected_version\":-1}"),
    ("version a string", "{\(start),\"trial_type\":\"x\",\"expected_version\":\"1\"}"),
    ("no plan", "{\"command\":\"change_plan\",\"namespace_id\":42}"),
    ("plan with a space", "{\"command\":\"change_plan\",\"namespace_id\":42,\"plan\":\"a b\"}"),
    ("dates the wrong way", "{\(change),\"starts_on\":\"2026-02-10\",\"ends_on\":\"2026-02-10\"}"),
    ("no such day", "{\(change),\"starts_on\":\"2026-04-31\"}"),
    ("date before the first", "{\(change),\"ends_on\":\"1969-12-31\"}"),
    ("date null", "{\(change),\"ends_on\":null}"),
    ("no parent", "{\"command\":\"move_namespace\",\"namespace_id\":42}"),
    ("parent zero", "{\"command\":\"move_namespace\",\"namespace_id\":42,\"parent_id\":0}"),
    (
      "reason too long",
      "{\(start),\"trial_type\":\"x\",\"reason\":\"\(String(repeating: "r", count: 513))\"}"
    ),
  ]
}
