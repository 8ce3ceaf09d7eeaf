package import LedgerCore
import LedgerHTTP

/// Asks GitLab whether a person owns a namespace, before something is recorded in that person's name.
///
/// GitLab's own client has checked that before it calls, so this is a second look, for those who do not
/// want to rest on whoever holds the admin token. What a log keeps for ever is not recorded on a guess:
/// when GitLab does not say, nothing is recorded and the caller may come again.
package struct OwnerCheck: Sendable {
  /// What GitLab says.
  package enum Answer: Equatable, Sendable {
    case owner
    /// One sentence for the person.
    case refused(String)
    /// One sentence for an operator.
    case unknown(String)
  }

  private let client: GitLabClient

  /// A check that asks through `client`.
  package init(_ client: GitLabClient) {
    self.client = client
  }

  /// Whether a person owns a namespace.
  package func ask(_ userID: Int64, _ id: NamespaceID) async -> Answer {
    do throws(GitLabUnreachable) {
      guard let owners = try await client.owners(of: id) else {
        return .refused("GitLab knows no namespace \(id)")
      }
      guard owners.contains(userID) else {
        return .refused("user \(userID) is no owner of the namespace")
      }
      return .owner
    } catch {
      return .unknown(error.message)
    }
  }
}
