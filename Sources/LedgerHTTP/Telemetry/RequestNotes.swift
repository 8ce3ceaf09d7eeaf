import Synchronization
import TrialLedger

/// What is learned of a request while it is answered, for the access log.
final class RequestNotes: Sendable {
  /// What is known.
  struct Known: Sendable {
    /// Who asked; a token's id, never a secret.
    var caller: String?
    /// How many namespaces were asked about.
    var namespaceCount = 0
    /// The first of them.
    var firstNamespace: NamespaceID?
  }

  private let state = Mutex(Known())

  /// What is known now.
  var known: Known { state.withLock(\.self) }

  /// Notes who asks.
  func note(caller: String) {
    state.withLock { $0.caller = caller }
  }

  /// Notes which namespaces are asked about.
  func note(_ ids: [NamespaceID]) {
    state.withLock { known in
      known.namespaceCount += ids.count
      known.firstNamespace = known.firstNamespace ?? ids.first
    }
  }
}
