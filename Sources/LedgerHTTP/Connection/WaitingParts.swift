import NIOCore
import NIOHTTPTypes

/// What came after a request that is not answered yet, in its order.
///
/// A client may send many requests at once and take no answer. Handed on as they come they would be
/// answered as fast as they can, all into memory; they wait here instead, and while they do no more is
/// read from the connection.
struct WaitingParts {
  /// What may come on a connection.
  enum Item {
    case part(HTTPRequestPart)
    /// What is no HTTP, after which nothing comes any more.
    case failure(any Error)
    /// What the connection tells, such as that the client sends nothing more.
    case event(Any)
  }

  private var items = CircularBuffer<Item>()
  /// The requests of which the head waits here.
  private(set) var requestCount = 0

  /// Whether nothing waits.
  var isEmpty: Bool { items.isEmpty }

  /// Adds what came last.
  mutating func append(_ item: Item) {
    if case .part(.head) = item { requestCount += 1 }
    items.append(item)
  }

  /// Takes what came first: the rest of a request as far as it is here, or one thing that is none.
  mutating func next() -> [Item] {
    var taken: [Item] = []
    while let item = items.popFirst() {
      taken.append(item)
      switch item {
      case .part(.head): requestCount -= 1
      case .part(.body): break
      case .part(.end), .failure, .event: return taken
      }
    }
    return taken
  }

  /// Drops everything.
  mutating func removeAll() {
    items.removeAll()
    requestCount = 0
  }
}
