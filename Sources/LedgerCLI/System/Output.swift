/// A file that text is written to, in large pieces.
///
/// Used by one thread; what is written stays here until ``flush()``.
final class Output {
  private let file: FileDescriptor
  private var buffer: [UInt8] = []
  private static let bufferByteCountMax = 64 * 1_024

  /// Output to a file, standard output by default.
  init(_ file: FileDescriptor = .standardOutput) {
    self.file = file
  }

  /// Writes a text as it is.
  func write(_ text: String) throws(SystemError) {
    buffer.append(contentsOf: text.utf8)
    try flushIfFull()
  }

  /// Writes a line and its newline.
  func writeLine(_ text: String = "") throws(SystemError) {
    buffer.append(contentsOf: text.utf8)
    buffer.append(UInt8(ascii: "\n"))
    try flushIfFull()
  }

  /// Writes bytes and a newline.
  func writeLine(_ bytes: [UInt8]) throws(SystemError) {
    buffer.append(contentsOf: bytes)
    buffer.append(UInt8(ascii: "\n"))
    try flushIfFull()
  }

  /// Hands everything to the system.
  func flush() throws(SystemError) {
    guard !buffer.isEmpty else { return }
    let bytes = buffer
    buffer.removeAll(keepingCapacity: true)
    try file.write(bytes)
  }

  private func flushIfFull() throws(SystemError) {
    if buffer.count >= Self.bufferByteCountMax { try flush() }
  }
}

/// Tells the person at standard error something that is not the result.
func note(_ text: String) {
  // Nobody can be told that telling failed.
  try? FileDescriptor.standardError.write(Array((text + "\n").utf8))
}
