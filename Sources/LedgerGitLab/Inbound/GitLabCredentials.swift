import HTTPTypes
import LedgerHTTP

/// What GitLab shows in `X-Admin-Email` and `X-Admin-Token`; kept as digests.
public struct GitLabCredentials: Sendable {
  private let email: [UInt8]
  private let token: [UInt8]

  /// The credentials that GitLab is configured with; `nil` when one is empty.
  public init?(email: String, token: String) {
    guard !email.isEmpty, !token.isEmpty else { return nil }
    self.email = digest(ofSecret: email)
    self.token = digest(ofSecret: token)
  }

  /// The credentials of which the token's SHA-256 is known, as 64 lowercase hexadecimal digits; `nil`
  /// when it is something else or the address is empty.
  public init?(email: String, tokenSHA256: String) {
    guard !email.isEmpty, let token = decodedHexadecimal(tokenSHA256), token.count == 32 else {
      return nil
    }
    self.email = digest(ofSecret: email)
    self.token = token
  }

  /// Whether both fields are right, in a time that does not depend on which is not.
  func areShown(in headers: HTTPFields) -> Bool {
    let isEmailRight = isSameSecret(digest(ofSecret: headers[.adminEmail] ?? ""), email)
    let isTokenRight = isSameSecret(digest(ofSecret: headers[.adminToken] ?? ""), token)
    // Both are compared before either decides.
    return [isEmailRight, isTokenRight].allSatisfy(\.self)
  }
}

extension HTTPField.Name {
  fileprivate static let adminEmail = HTTPField.Name.gitLab("X-Admin-Email")
  fileprivate static let adminToken = HTTPField.Name.gitLab("X-Admin-Token")

  private static func gitLab(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else {
      preconditionFailure("the names of GitLab's fields are tokens, which is all a name must be")
    }
    return name
  }
}
