import CryptoExtras
import Foundation
import JWTKit
package import LedgerCore

/// The RSA keys that our tokens to GitLab are signed with: the newest signs, the newest two are
/// published, so that a token signed before a change of keys stays good.
///
/// A folder of PEM files, readable by their owner only, named `gitlab-` and the instant at which the
/// key was made; the name is the key's id (`kid`).
package struct SigningKeys: Sendable {
  /// A key with its name.
  package struct Key: Sendable {
    /// By which a token says what it was signed with.
    package let id: String
    let privateKey: JWTKit.Insecure.RSA.PrivateKey

    /// Reads a key.
    ///
    /// - Throws: ``SigningKeysError/unreadable(_:)`` for what is no RSA key of 2,048 bits or more.
    package init(id: String, pem: String) throws(SigningKeysError) {
      self.id = id
      do {
        privateKey = try JWTKit.Insecure.RSA.PrivateKey(pem: pem)
      } catch {
        throw .unreadable("\(id) is no RSA key in PEM form of 2048 bits or more")
      }
    }
  }

  /// The keys that are published, the one that signs first.
  package let published: [Key]

  /// Keys of which the first signs.
  ///
  /// - Throws: ``SigningKeysError/missing(_:)`` without any.
  package init(_ keys: [Key]) throws(SigningKeysError) {
    guard !keys.isEmpty else { throw .missing("no key is given") }
    published = keys
  }

  /// Reads the newest two keys of a folder.
  ///
  /// - Throws: ``SigningKeysError``.
  package init(in folder: String) throws(SigningKeysError) {
    let ids = try Self.ids(in: folder)
    guard !ids.isEmpty else {
      throw .missing("\(folder) holds no gitlab-….pem; make one with `trial-ledger sync keygen`")
    }
    published = try ids.prefix(2).map { id throws(SigningKeysError) in
      try Key(id: id, pem: try Self.text(of: folder + "/" + id + ".pem"))
    }
  }

  /// The ids of the keys of a folder, newest first; none where there is no folder.
  package static func ids(in folder: String) throws(SigningKeysError) -> [String] {
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0.hasPrefix("gitlab-") && $0.hasSuffix(".pem") }
        .map { String($0.dropLast(4)) }
        .sorted(by: >)
    } catch {
      throw .unreadable("\(folder) cannot be read: \(error.localizedDescription)")
    }
  }

  /// A new key and its file's text; `now` becomes its name.
  ///
  /// - Throws: ``SigningKeysError/unreadable(_:)`` when there is no randomness to be had.
  package static func generate(now: Instant) throws(SigningKeysError) -> (id: String, pem: String) {
    do {
      let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
      let digits = now.description.filter(\.isNumber)
      return ("gitlab-\(digits)", key.pemRepresentation + "\n")
    } catch {
      throw .unreadable("no key could be made: \(error)")
    }
  }

  private static func text(of path: String) throws(SigningKeysError) -> String {
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      return String(decoding: try handle.read(upToCount: 1 << 16) ?? Data(), as: UTF8.self)
    } catch {
      throw .unreadable("\(path) cannot be read: \(error.localizedDescription)")
    }
  }
}

/// The keys cannot be used; one sentence for an operator.
package enum SigningKeysError: Error, Equatable, Sendable {
  /// There is none.
  case missing(String)
  /// One is no key, or cannot be read or made.
  case unreadable(String)
}

extension SigningKeysError: CustomStringConvertible {
  /// The sentence.
  package var description: String {
    switch self {
    case .missing(let text), .unreadable(let text): text
    }
  }
}
