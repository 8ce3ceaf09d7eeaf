import HTTPTypes
package import LedgerCore
package import LedgerFormat

/// What became of one push.
package enum PushResult: Equatable, Sendable {
  /// GitLab holds it.
  case done
  /// Nothing was done; it may work later, and not before `retryAfter` has passed where GitLab says so.
  case failed(String, retryAfter: Duration? = nil)
  /// No answer, or an error of GitLab's own: it may be done, be done yet, or not.
  case unanswered(String)
  /// GitLab does not take it.
  case refused(status: Int, String)
}

/// GitLab's internal API for subscriptions, as `gitlab-wire.md` section 2 has it.
package struct GitLabClient: Sendable {
  private let transport: any GitLabTransport

  /// A client that speaks over `transport`.
  package init(_ transport: any GitLabTransport) {
    self.transport = transport
  }

  /// Pushes a part of what GitLab should hold for a namespace.
  package func push(_ part: PushedPart, for id: NamespaceID) async -> PushResult {
    switch part.kind {
    case .addOn: return await write(.post, purchasesPath(of: id), part.body)
    case .subscription:
      let known: GitLabResponse
      do throws(GitLabUnreachable) {
        known = try await read(subscriptionPath(of: id))
      } catch {
        return .failed(error.message)
      }
      switch known.status {
      case 200..<300: return await write(.put, subscriptionPath(of: id), part.body)
      // What GitLab assumes without a subscription needs none.
      case 404 where part.isNothing: return .done
      case 404: return await write(.post, subscriptionPath(of: id), part.body)
      default: return result(of: known, isChange: false)
      }
    }
  }

  private func write(
    _ method: HTTPRequest.Method,
    _ path: String,
    _ body: [UInt8]
  ) async -> PushResult {
    do throws(GitLabUnreachable) {
      let request = GitLabRequest(method: method, path: path, body: body)
      return result(of: try await transport.send(request), isChange: true)
    } catch {
      return .unanswered(error.message)
    }
  }

  private func read(_ path: String) async throws(GitLabUnreachable) -> GitLabResponse {
    try await transport.send(GitLabRequest(method: .get, path: path, body: nil))
  }

  /// The subscription that GitLab holds; `nil` when it holds none.
  ///
  /// - Throws: ``GitLabUnreachable``, also for an answer that is none of the wire's.
  package func subscription(
    of id: NamespaceID
  ) async throws(GitLabUnreachable) -> JSONValue? {
    try json(try await read(subscriptionPath(of: id)), "the subscription of namespace \(id)")
  }

  /// The purchase of an add-on that GitLab holds; `nil` when it holds none.
  ///
  /// - Throws: ``GitLabUnreachable``, also for an answer that is none of the wire's.
  package func purchase(
    of addOn: String,
    for id: NamespaceID
  ) async throws(GitLabUnreachable) -> JSONValue? {
    // Of Duo Pro this route knows only the older name.
    let name = addOn == "duo_pro" ? "code_suggestions" : addOn
    let answer = try await read(purchasesPath(of: id) + "/" + name)
    return try json(answer, "\(addOn) of namespace \(id)")
  }

  /// Those who own a namespace, by their ids; `nil` for one that GitLab does not know.
  ///
  /// - Throws: ``GitLabUnreachable``, also for an answer that is none of the wire's.
  package func owners(of id: NamespaceID) async throws(GitLabUnreachable) -> Set<Int64>? {
    let answer = try await read(folder(of: id) + "/owners")
    guard let list = try json(answer, "the owners of namespace \(id)") else { return nil }
    guard case .array(let members) = list else {
      throw GitLabUnreachable("GitLab's answer about the owners of namespace \(id) is no list")
    }
    var owners: Set<Int64> = []
    for member in members {
      guard case .integer(let user)? = member["user"]?["id"],
        case .integer(let level)? = member["access_level"]
      else {
        throw GitLabUnreachable("GitLab's answer about the owners of namespace \(id) lacks ids")
      }
      if level >= Self.ownerLevel { owners.insert(user) }
    }
    return owners
  }

  /// GitLab's number for the role of an owner.
  private static let ownerLevel: Int64 = 50

  /// An answer to a question; `nil` when GitLab knows of no such thing.
  private func json(
    _ answer: GitLabResponse,
    _ subject: String
  ) throws(GitLabUnreachable) -> JSONValue? {
    switch answer.status {
    case 404: return nil
    case 200:
      do throws(JSONSyntaxError) {
        return try JSONValue(parsing: answer.body.span, numbers: .any, byteCountMax: 1 << 16)
      } catch {
        throw GitLabUnreachable("GitLab's answer about \(subject) is no JSON: \(error)")
      }
    default:
      throw GitLabUnreachable(
        "GitLab answered \(answer.status) when asked about \(subject)\(words(answer.body))"
      )
    }
  }

  private func folder(of id: NamespaceID) -> String {
    "/api/v4/internal/gitlab_subscriptions/namespaces/\(id)"
  }

  private func purchasesPath(of id: NamespaceID) -> String {
    folder(of: id) + "/subscription_add_on_purchases"
  }

  private func subscriptionPath(of id: NamespaceID) -> String {
    folder(of: id) + "/gitlab_subscription"
  }

  /// What an answer means for a push; `isChange` when it is that to the request that changes something.
  private func result(of answer: GitLabResponse, isChange: Bool) -> PushResult {
    let text = "GitLab answered \(answer.status)\(words(answer.body))"
    switch answer.status {
    case 200..<300: return .done
    // Too slow and too many are about the moment, not about what was asked for.
    case 429: return .failed(text, retryAfter: answer.retryAfter)
    case 408, 500...:
      return isChange ? .unanswered(text) : .failed(text, retryAfter: answer.retryAfter)
    default: return .refused(status: answer.status, text)
    }
  }

  /// What GitLab says beside the status, cut to what fits into a line.
  private func words(_ body: [UInt8]) -> String {
    let text = String(decoding: body.prefix(240), as: UTF8.self)
    let clean = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.isWhitespace ? " " : $0 })
    ).filter { !$0.isNewline }
    let visible = clean.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }
    return visible.isEmpty ? "" : ": " + String(String.UnicodeScalarView(visible))
  }
}
