extension AccessToken {
  /// Why a text is no list of tokens.
  package enum ListError: Error, Equatable {
    /// The 1-based line that is not what it should be.
    case line(Int)
    /// There are no tokens.
    case empty
  }

  /// Reads a list of tokens: in a line the roles, separated by commas, then the token; lines that
  /// begin with `#` and empty ones are passed over.
  ///
  /// - Throws: ``ListError``, which shows no token.
  package static func list(in text: String) throws(ListError) -> [AccessToken] {
    var tokens: [AccessToken] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let parts = line.split(whereSeparator: \.isWhitespace)
      if parts.isEmpty || parts[0].hasPrefix("#") { continue }
      let roles = parts[0].split(separator: ",").map { Role(rawValue: String($0)) }
      guard parts.count == 2, !roles.isEmpty, roles.allSatisfy({ $0 != nil }),
        let token = AccessToken(String(parts[1]), roles: Set(roles.compactMap(\.self)))
      else { throw .line(index + 1) }
      tokens.append(token)
    }
    if tokens.isEmpty { throw .empty }
    return tokens
  }
}
