import HTTPTypes
import Hummingbird
import JWTKit
import LedgerFormat
package import LedgerHTTP

/// What GitLab reads to check our tokens.
///
/// The discovery document of OpenID Connect and the keys (RFC 7517). Public, and the same for everybody.
package struct KeysWire: Wire {
  private static let documentPath = "/.well-known/openid-configuration"
  private static let keysPath = "/.well-known/jwks.json"

  private let document: [UInt8]
  private let keys: [UInt8]
  private let pushCounts: @Sendable () -> [(name: String, count: Int)]

  /// The documents of an issuer.
  ///
  /// - Parameters:
  ///   - issuer: The address by which GitLab reaches this server; no slash at its end.
  ///   - keys: Those that are published.
  ///   - counts: What is counted of the pushes that show the tokens.
  /// - Throws: ``SigningKeysError/unreadable(_:)`` for a key without its numbers.
  package init(
    issuer: String,
    keys: SigningKeys,
    counts: @escaping @Sendable () -> [(name: String, count: Int)] = { [] }
  ) throws(SigningKeysError) {
    pushCounts = counts
    var document = JSONWriter()
    document.object { writer in
      writer.member("issuer", issuer)
      writer.member("jwks_uri", issuer + Self.keysPath)
      writer.member("id_token_signing_alg_values_supported", ["RS256"])
      writer.member("response_types_supported", ["id_token"])
      writer.member("subject_types_supported", ["public"])
    }
    self.document = document.bytes
    let numbers = try keys.published.map { key throws(SigningKeysError) in
      do {
        let (modulus, exponent) = try key.privateKey.publicKey.getKeyPrimitives()
        return (id: key.id, modulus: Array(modulus), exponent: Array(exponent))
      } catch {
        throw .unreadable("\(key.id) has no public numbers")
      }
    }
    var writer = JSONWriter()
    writer.object { writer in
      writer.memberArray("keys") { writer in
        for key in numbers {
          writer.object { writer in
            writer.member("kty", "RSA")
            writer.member("use", "sig")
            writer.member("alg", "RS256")
            writer.member("kid", key.id)
            writer.member("n", base64URL(key.modulus))
            writer.member("e", base64URL(key.exponent))
          }
        }
      }
    }
    self.keys = writer.bytes
  }

  package var counts: [(name: String, count: Int)] { pushCounts() }

  package func owns(path: String) -> Bool { path.hasPrefix("/.well-known/") }

  package func takesLongRequestLine(path: String) -> Bool { false }

  package var errorMediaType: String { "application/json" }

  package func errorBytes(of failure: RequestFailure) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { $0.member("error", failure.message) }
    return writer.bytes
  }

  package func errorSchema(codes: [String]) -> String { reference(to: "KeysError") }

  package var schemas: [(name: String, schema: String)] {
    [
      (
        "KeysError",
        #"{"type":"object","required":["error"],"properties":{"error":{"type":"string"}}}"#
      ),
      ("KeysDocument", #"{"type":"object"}"#),
    ]
  }

  package var operations: [Operation] {
    [
      operation(Self.documentPath, "readIssuer", "Where the keys of our tokens are.", document),
      operation(Self.keysPath, "listTokenKeys", "The keys of our tokens to GitLab.", keys),
    ]
  }

  private func operation(
    _ path: String,
    _ id: String,
    _ summary: String,
    _ bytes: [UInt8]
  ) -> Operation {
    Operation(
      .get,
      path,
      id,
      summary,
      access: .everyone,
      answers: [.json(.ok, "The document.", "KeysDocument")]
    ) { _, _ in
      Response(.ok, bytes, headers: [.cacheControl: "public, max-age=300"])
    }
  }
}

/// Base64 for addresses, without padding (RFC 4648, section 5).
private func base64URL(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  var text: [UInt8] = []
  var bits: UInt32 = 0
  var bitCount = 0
  for byte in bytes {
    bits = bits << 8 | UInt32(byte)
    bitCount += 8
    while bitCount >= 6 {
      bitCount -= 6
      text.append(alphabet[Int(bits >> UInt32(bitCount)) & 0x3f])
    }
  }
  if bitCount > 0 { text.append(alphabet[Int(bits << UInt32(6 - bitCount)) & 0x3f]) }
  return String(decoding: text, as: UTF8.self)
}
