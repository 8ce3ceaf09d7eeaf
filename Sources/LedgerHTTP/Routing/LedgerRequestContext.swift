package import Hummingbird
package import LedgerCore
import Logging

/// What is known of a request beside itself.
package struct LedgerRequestContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  /// Who asks, once that is known.
  package var caller: Caller? {
    didSet { if let caller { notes.note(caller: caller.name) } }
  }
  /// By which client, proxy and server speak of the request.
  var requestID = ""
  /// Tells of the request by its id; made where something is told, as few requests need it.
  var requestLogger: Logger {
    var logger = logger
    logger[metadataKey: "request_id"] = .string(requestID)
    return logger
  }
  /// What is learned for the access log.
  let notes = RequestNotes()

  package init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
  }

  /// Notes for the access log which namespaces are asked about.
  package func note(_ ids: [NamespaceID]) {
    notes.note(ids)
  }

  /// Notes for the access log who asks.
  package func note(caller: String) {
    notes.note(caller: caller)
  }
}
