import HTTPTypes
package import LedgerCore
package import LedgerFormat

/// What became of one push.
package enum PushResult: Equatable, Sendable {
  /// GitLab holds it.
  case done
  /// It may work later: no answer, or an error of GitLab's own.
  case failed(String)
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
    do throws(GitLabUnreachable) {
      switch part.kind {
      case .subscription: return try await pushSubscription(part.body, for: id)
      case .addOn:
        return result(
          of: try await transport.send(
            GitLabRequest(
              method: .post,
              path: folder(of: id) + "/subscription_add_on_purchases",
              body: part.body
            )
          )
        )
      }
    } catch {
      return .failed(error.message)
    }
  }

  private func pushSubscription(
    _ body: [UInt8],
    for id: NamespaceID
  ) async throws(GitLabUnreachable) -> PushResult {
    let path = subscriptionPath(of: id)
    let known = try await transport.send(GitLabRequest(method: .get, path: path, body: nil))
    switch known.status {
    case 200..<300:
      return result(
        of: try await transport.send(GitLabRequest(method: .put, path: path, body: body))
      )
    case 404:
      return result(
        of: try await transport.send(GitLabRequest(method: .post, path: path, body: body))
      )
    default:
      return result(of: known)
    }
  }

  /// The subscription that GitLab holds; `nil` when it holds none.
  ///
  /// - Throws: ``GitLabUnreachable``, also for an answer that is none of the wire's.
  package func subscription(
    of id: NamespaceID
  ) async throws(GitLabUnreachable) -> JSONValue? {
    let answer = try await transport.send(
      GitLabRequest(method: .get, path: subscriptionPath(of: id), body: nil)
    )
    switch answer.status {
    case 404: return nil
    case 200:
      do throws(JSONSyntaxError) {
        return try JSONValue(parsing: answer.body.span, numbers: .any, byteCountMax: 1 << 16)
      } catch {
        throw GitLabUnreachable("GitLab's answer about namespace \(id) is no JSON: \(error)")
      }
    default:
      throw GitLabUnreachable(
        "GitLab answered \(answer.status) when asked about namespace \(id): \(words(answer.body))"
      )
    }
  }

  private func folder(of id: NamespaceID) -> String {
    "/api/v4/internal/gitlab_subscriptions/namespaces/\(id)"
  }

  private func subscriptionPath(of id: NamespaceID) -> String {
    folder(of: id) + "/gitlab_subscription"
  }

  private func result(of answer: GitLabResponse) -> PushResult {
    let text = "GitLab answered \(answer.status)\(words(answer.body))"
    switch answer.status {
    case 200..<300: return .done
    // Too slow and too many are about the moment, not about what was asked for.
    case 408, 429, 500...: return .failed(text)
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
