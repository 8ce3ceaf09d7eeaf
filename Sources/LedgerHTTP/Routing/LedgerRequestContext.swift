package import Hummingbird

/// What is known of a request beside itself.
package struct LedgerRequestContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  /// Who asks, once that is known.
  package var caller: Caller?

  package init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
  }
}
