import Foundation
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

/// The description and the running server are one; beside this, every answer of every other test is
/// held against the description by ``Contract``.
@Suite("OpenAPI")
struct OpenAPITests {
  @Test func `every described operation is served, and no other method of its path`() async throws {
    // The last are known to the parser of HTTP, and to nobody here.
    let methods = [
      "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY", "PROPFIND",
    ]
    try await TestServer.run { server in
      let document = try await Self.document(server)
      let paths = try #require(document["paths"] as? [String: [String: Any]])
      for (path, operations) in paths {
        let target = path.replacing(/\{[a-z]+\}/, with: "1")
        for method in methods {
          let described = operations[method.lowercased()] != nil
          if described, path.hasSuffix("/stream") || path.hasSuffix("/changes") { continue }
          let answer = try await server.call(
            method,
            target,
            described && method != "GET" ? "" : nil
          )
          #expect((answer.status == 405) == !described, "\(method) \(path): \(answer.status)")
          if !described {
            let allowed = answer.field("allow")?.split(separator: ", ").map { $0.lowercased() }
            #expect(allowed.map { Set($0).subtracting(["head"]) } == Set(operations.keys))
          }
        }
      }
    }
  }

  @Test func `every reference leads somewhere, and every operation has its own name`() async throws
  {
    try await TestServer.run { server in
      let document = try await Self.document(server)
      let components = try #require(document["components"] as? [String: [String: Any]])
      let schemas = try #require(components["schemas"])
      let text = try await server.call("GET", "/openapi.json").body
      let used = Set(
        text.matches(of: /"#\/components\/schemas\/([A-Za-z0-9]+)"/).map { String($0.1) }
      )
      #expect(used.isSubset(of: schemas.keys))
      #expect(Set(schemas.keys).subtracting(used).isEmpty, "schemas that nothing uses")
      let names = text.matches(of: /"operationId":"([A-Za-z]+)"/).map { String($0.1) }
      #expect(Set(names).count == names.count)
      #expect(names.count == server.operations.count)
    }
  }

  /// A change of the contract shows in review.
  @Test(.tags(.snapshot)) func `keeps the contract`() async throws {
    try await TestServer.run { server in
      let data = try JSONSerialization.data(
        withJSONObject: try await Self.document(server),
        options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      )
      expectSnapshot(of: String(decoding: data, as: UTF8.self) + "\n", at: "HTTP/openapi.json")
    }
  }

  private static func document(_ server: TestServer) async throws -> [String: Any] {
    let answer = try await server.call("GET", "/openapi.json")
    #expect(answer.status == 200)
    let object = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
    return try #require(object as? [String: Any])
  }
}
