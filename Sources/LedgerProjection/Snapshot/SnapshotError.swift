/// Why bytes are no snapshot of a projection.
///
/// Nothing is lost: the log has everything, and can be folded instead.
package enum SnapshotError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Another version of the program, or another kind of machine, wrote the bytes.
  case otherFormat
  /// Bytes are missing or were changed; why it was noticed.
  case damaged(String)

  package var description: String {
    switch self {
    case .otherFormat: "the snapshot was made by another version or on another kind of machine"
    case .damaged(let reason): "the snapshot is damaged: \(reason)"
    }
  }
}
