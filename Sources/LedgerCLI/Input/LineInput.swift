/// Lines from a file or from standard input, as they come.
struct LineInput {
  private static let pieceByteCount = 256 * 1_024

  private let file: FileDescriptor
  private let name: String
  private var splitter = LineSplitter()
  private var isAtEnd = false

  /// Lines of the file at `path`; of standard input for `nil` or `-`.
  init(_ path: String?) throws(SystemError) {
    if let path, path != "-" {
      file = try .reading(path)
      name = path
    } else {
      file = .standardInput
      name = "standard input"
    }
  }

  /// The next lines: all that are there, about `lineCountMax`; waits until there is one.
  ///
  /// - Returns: `nil` at the end.
  mutating func next(about lineCountMax: Int) throws(SystemError) -> [LineSplitter.Line]? {
    var lines: [LineSplitter.Line] = []
    while !isAtEnd {
      if !lines.isEmpty, lines.count >= lineCountMax || !file.hasInput { break }
      var bytes: [UInt8] = []
      if try file.read(upTo: Self.pieceByteCount, into: &bytes) == 0 {
        isAtEnd = true
        if let last = splitter.lastLine() { lines.append(last) }
      } else {
        lines += splitter.lines(adding: bytes)
      }
    }
    return lines.isEmpty ? nil : lines
  }
}
