import LedgerCore
import LedgerFormat
public import LedgerFuzzSupport
import LedgerGitLab
import LedgerHTTP
import TrialLedger

extension FuzzTarget {
  /// The readers of what comes by HTTP.
  public static let http: [FuzzTarget] = [query, question, tokens, gitLabBody]

  /// The query of a request: what was read, encoded anew, is read as the same.
  static let query = FuzzTarget(
    "http-query",
    words: ["?", "&", "=", "%", "%00", "%C3%A9", "%ff", "+", "#", "on=2026-02-10", "as_of=7"],
    byteCountMax: 512,
    samples: {
      ["/v1/x?on=2026-02-10&as_of=7&rules=a.b", "/?a=%C3%a9&b&=c&&", "/v1/namespaces"].map {
        Array($0.utf8)
      }
    },
    check: { bytes throws(FuzzFinding) in
      guard let query = try? QueryString(target: bytes) else { return .refused }
      let encoded = query.parameters.map {
        "\(percentEncoded($0.name))=\(percentEncoded($0.value))"
      }
      let target = Array("/?\(encoded.joined(separator: "&"))".utf8)
      try expect((try? QueryString(target: target)) == query, "encoded anew it is another query")
      if let values = try? query.values(allowing: questionNames) {
        try expect(values.count == query.parameters.count, "a parameter is lost")
        _ = try? Question(values)
      }
      return .accepted
    }
  )

  /// A question in a body, and the same in a query.
  static let question = FuzzTarget(
    "http-question",
    words: [
      "\"on\":\"2026-02-10\"", "\"as_of\":0", "\"as_of\":\"2026-02-10T09:00:00.000Z\"",
      "\"rules\":\"a\"", "null", "1.0", "-1", "9223372036854775807",
    ],
    byteCountMax: 1_024,
    samples: {
      [
        #"{"on":"2026-02-10","as_of":7,"rules":"gitlab-2026-08-retrial"}"#,
        #"{"as_of":"2026-02-10T09:00:00.000Z"}"#, "{}",
      ].map { Array($0.utf8) }
    },
    check: { bytes throws(FuzzFinding) in
      guard let value = try? JSONValue(parsing: bytes.span),
        let fields = try? FieldReader(value, of: "the body"),
        let question = try? Question(fields)
      else { return .refused }
      var values: [String: String] = [:]
      for name in questionNames {
        switch fields.value(name) {
        case .string(let text): values[name] = text
        case .integer(let number): values[name] = String(number)
        default: continue
        }
      }
      let asked = try? Question(values)
      try expect(
        asked.map { isSame($0, question) } ?? false,
        "the same words in a query ask something else"
      )
      return .accepted
    }
  )

  /// A file of access tokens: what is read, written anew, is read as the same.
  static let tokens = FuzzTarget(
    "tokens",
    words: [
      "{\"tokens\":[", "\"id\":\"a\"", "\"roles\":[\"reader\"]", "\"sha256\":\"",
      "\"expires_at\":null", "\"created_at\":\"2026-02-10T09:00:00.000Z\"", "operator",
    ],
    byteCountMax: 1_024,
    samples: {
      let digest = String(repeating: "0f", count: 32)
      return [
        Array(
          (#"{"tokens":[{"id":"a1","roles":["reader","writer"],"sha256":"\#(digest)","#
            + #""created_at":"2026-02-10T09:00:00.000Z","expires_at":null}]}"#).utf8
        ),
        Array(#"{"tokens":[]}"#.utf8),
      ]
    },
    check: { bytes throws(FuzzFinding) in
      guard let file = try? TokensFile(reading: bytes) else { return .refused }
      try expect((try? TokensFile(reading: file.bytes)) == file, "written anew it is another")
      return .accepted
    }
  )

  /// GitLab's body of a request about a trial: whatever it is, what is recorded of it may stand in an
  /// event.
  static let gitLabBody = FuzzTarget(
    "gitlab-body",
    words: [
      "\"trial_user\":{", "\"uid\":1", "\"namespace_id\":\"7\"", "\"glm_source\":", "1.5", "1e400",
      "\"trial_type\":\"x\"", "\"trial_extension_type\":1", "\"add_on_name\":\"duo_enterprise\"",
      "\\u0000", "\\u007f", "e\u{301}", "\u{1f468}\u{200d}\u{1f469}", "\"plan\":\"free\"",
    ],
    samples: {
      [
        #"{"uid":12,"trial_user":{"namespace_id":"7","trial_type":"ultimate","glm_source":"about","#
          + #""glm_content":"a\u0000é","trial_entity":5,"namespace":{"plan":"free"},"x":1.5e3}}"#,
        #"{"uid":"12","trial_user":{"namespace_id":7,"trial_extension_type":"2"}}"#,
        #"{"uid":1,"trial_user":{"namespace_id":7,"add_on_name":"duo_enterprise"}}"#,
      ].map { Array($0.utf8) }
    },
    check: { bytes throws(FuzzFinding) in
      guard let request = try? TrialRequest(bytes, byteCountMax: 1 << 16) else { return .refused }
      if let problem = request.metadata.problem {
        throw FuzzFinding("what would be recorded may not: \(problem)")
      }
      _ = try? request.trialType()
      _ = try? request.addOnTrialType()
      _ = try? request.grantKind()
      return .accepted
    }
  )
}

private func isSame(_ left: Question, _ right: Question) -> Bool {
  left.on == right.on && "\(left.asOf as Any)" == "\(right.asOf as Any)"
    && "\(left.rules as Any)" == "\(right.rules as Any)"
}

/// Every byte of the text as a percent sign and two digits.
private func percentEncoded(_ text: String) -> String {
  text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
