import Synchronization

/// How many bytes of large requests the server holds, of all connections together.
///
/// Each connection alone is bounded by the limits of a request; thousands that send large ones slowly
/// would still fill the memory. What a small request needs does not count, so that those are served
/// whatever others send.
final class RequestMemory: Sendable {
  /// The bytes of a request that do not count.
  static let freeByteCount = 64 * 1_024

  private let byteCountMax: Int
  private let held = Atomic<Int>(0)

  /// Room for so many bytes.
  init(byteCountMax: Int) {
    self.byteCountMax = byteCountMax
  }

  /// The bytes held.
  var byteCount: Int { held.load(ordering: .relaxed) }

  /// Holds so many bytes more; they must be released, also when there was no room.
  ///
  /// - Returns: Whether there was room.
  func hold(_ count: Int) -> Bool {
    held.add(count, ordering: .relaxed).newValue <= byteCountMax
  }

  /// Lets go of bytes that were held.
  func release(_ count: Int) {
    held.subtract(count, ordering: .relaxed)
  }
}
