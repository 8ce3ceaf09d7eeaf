import Foundation
public import HTTPTypes
public import LedgerCore
import Synchronization

/// Knows the callers by a ledger's file of tokens, and notices within a second what is changed there.
///
/// A file that cannot be read any more changes nothing until it can be read again, so that a mistake
/// there locks nobody out; one that is taken away lets nobody in.
public final class TokensFileAuthenticator: Authenticator {
  private struct State {
    var seen: Seen?
    var tokens = TokenAuthenticator([], clock: { Instant(midnightOf: .first) })
    var isRequired = false
    var lookedAt: ContinuousClock.Instant?
  }

  /// What tells one writing of the file from the next.
  private struct Seen: Equatable {
    let file: UInt64
    let modifiedAt: TimeInterval
    let byteCount: UInt64
  }

  private static let interval = Duration.seconds(1)

  private let path: String
  private let clock: @Sendable () -> Instant
  private let onProblem: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// The callers of the file at `path`, which need not exist: as long as it never did, nobody needs
  /// a token.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - clock: What time it is, for tokens that end.
  ///   - onProblem: Told, each time, of a file that cannot be read.
  /// - Throws: ``TokensProblem`` when the file is there and cannot be read.
  public init(
    path: String,
    clock: @escaping @Sendable () -> Instant,
    onProblem: @escaping @Sendable (String) -> Void
  ) throws {
    self.path = path
    self.clock = clock
    self.onProblem = onProblem
    if let problem = look() { throw problem }
  }

  /// Whether the file is there, or was once while this process ran.
  public var isRequired: Bool {
    lookNowAndThen()
    return state.withLock(\.isRequired)
  }

  /// The bearer of one of the file's tokens, or `nil`.
  public func caller(presenting headers: HTTPFields) -> Caller? {
    lookNowAndThen()
    return state.withLock(\.tokens).caller(presenting: headers)
  }

  private func lookNowAndThen() {
    let isDue = state.withLock { state in
      let now = ContinuousClock.now
      guard state.lookedAt.map({ now >= $0 + Self.interval }) ?? true else { return false }
      state.lookedAt = now
      return true
    }
    if isDue, let problem = look() { onProblem(problem.message) }
  }

  /// Reads the file if it is another than the one that was read.
  package func look() -> TokensProblem? {
    let seen = seenNow()
    guard let seen else {
      state.withLock { state in
        state.seen = nil
        state.tokens = TokenAuthenticator([], clock: clock)
      }
      return nil
    }
    guard state.withLock({ $0.seen }) != seen else { return nil }
    let tokens: [AccessToken]
    do {
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      tokens = try TokensFile(reading: bytes).tokens
    } catch {
      state.withLock { $0.isRequired = true }
      return TokensProblem(message: "\(path) cannot be read: \(error)")
    }
    state.withLock { state in
      state.seen = seen
      state.tokens = TokenAuthenticator(tokens, clock: clock)
      state.isRequired = true
    }
    return nil
  }

  private func seenNow() -> Seen? {
    // No attributes: no file, or one that nobody may look at.
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
      return nil
    }
    return Seen(
      file: (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0,
      modifiedAt: (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0,
      byteCount: (attributes[.size] as? NSNumber)?.uint64Value ?? 0
    )
  }
}

/// The file of tokens cannot be used.
public struct TokensProblem: Error, Equatable {
  /// What, where.
  public let message: String
}
