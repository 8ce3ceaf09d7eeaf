import AsyncHTTPClient
import HTTPTypes
package import LedgerGitLab
import NIOCore
import NIOHTTP1

/// GitLab's internal API over HTTP or HTTPS.
package final class HTTPTransport: GitLabTransport {
  /// The largest part of an answer that is read; the rest is of no use.
  private static let bodyByteCountMax = 64 * 1_024

  private let base: String
  private let tokens: GitLabTokens
  private let timeout: Duration
  private let client: HTTPClient

  /// A way to the GitLab at `url`.
  ///
  /// - Parameters:
  ///   - url: Such as `https://gitlab.example`, see ``problem(ofURL:)``; no slash at its end.
  ///   - tokens: What every request shows.
  ///   - timeout: How long a request may take with its answer.
  ///   - connectionCountMax: How many connections stand at a time.
  package init(
    url: String,
    tokens: GitLabTokens,
    timeout: Duration = .seconds(10),
    connectionCountMax: Int = 8
  ) {
    base = url
    self.tokens = tokens
    self.timeout = timeout
    var configuration = HTTPClient.Configuration()
    // A redirect would carry the token to somebody else.
    configuration.redirectConfiguration = .disallow
    configuration.timeout.connect = .seconds(5)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionCountMax
    // What failed is tried again by who knows what it was.
    configuration.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// Why `url` is no address of a GitLab; `nil`: it is one.
  package static func problem(ofURL url: String) -> String? {
    guard ["http://", "https://"].contains(where: { url.hasPrefix($0) }),
      !url.hasSuffix("/"), url.utf8.count <= 1_024,
      url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
      !url.contains("?"), !url.contains("#"), !url.contains("@"),
      let host = url.split(separator: "://", maxSplits: 1).last, !host.hasPrefix("/")
    else { return "'\(url)' must be like https://gitlab.example, with no slash at its end" }
    return nil
  }

  package func send(_ request: GitLabRequest) async throws(GitLabUnreachable) -> GitLabResponse {
    do {
      return try await withThrowingTaskGroup(of: GitLabResponse.self) { [timeout] tasks in
        tasks.addTask { try await self.exchange(request) }
        tasks.addTask {
          try await Task.sleep(for: timeout)
          throw GitLabUnreachable("GitLab gave no answer within \(timeout)")
        }
        defer { tasks.cancelAll() }
        guard let first = try await tasks.next() else { throw CancellationError() }
        return first
      }
    } catch let error as GitLabUnreachable {
      throw error
    } catch {
      throw GitLabUnreachable("GitLab gave no answer: \(error)")
    }
  }

  private func exchange(_ request: GitLabRequest) async throws -> GitLabResponse {
    var message = HTTPClientRequest(url: base + request.path)
    message.method = HTTPMethod(rawValue: request.method.rawValue)
    message.headers.add(name: "Accept", value: "application/json")
    message.headers.add(
      name: "X-CUSTOMERS-DOT-INTERNAL-TOKEN",
      value: try await tokens.token()
    )
    if let body = request.body {
      message.headers.add(name: "Content-Type", value: "application/json")
      message.body = .bytes(body)
    }
    // The deadline of the whole is the caller's; this one is for a task that is not cancelled.
    let seconds = max(60, timeout.components.seconds * 2)
    let answer = try await client.execute(message, timeout: .seconds(seconds))
    var body: [UInt8] = []
    for try await piece in answer.body {
      body += piece.readableBytesView.prefix(Self.bodyByteCountMax - body.count)
      if body.count == Self.bodyByteCountMax { break }
    }
    return GitLabResponse(
      status: Int(answer.status.code),
      body: body,
      retryAfter: answer.headers.first(name: "Retry-After")
    )
  }

  /// Lets go of the connections.
  package func close() async throws {
    try await client.shutdown()
  }
}
