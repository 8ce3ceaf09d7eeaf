/// Lines from a file or from standard input, as they come.
struct LineInput {
  private static let pieceByteCount = 256 * 1_024
  /// About how many bytes of lines are given at once.
  private static let groupByteCount = 8 << 20

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
    var byteCount = 0
    while !isAtEnd {
      let isEnough = lines.count >= lineCountMax || byteCount >= Self.groupByteCount
      if !lines.isEmpty, isEnough || !file.hasInput { break }
      var bytes: [UInt8] = []
      if try file.read(upTo: Self.pieceByteCount, into: &bytes) == 0 {
        isAtEnd = true
        if let last = splitter.lastLine() { lines.append(last) }
      } else {
        byteCount += bytes.count
        lines += splitter.lines(adding: bytes)
      }
    }
    return lines.isEmpty ? nil : lines
  }
}
