internal import LedgerFormat

/// The names in a log's folder.
struct LogFolder {
  /// The folder that holds the log.
  let path: String

  init(_ path: String) {
    self.path = path
  }

  /// Where the segments are.
  var segments: String { "\(path)/segments" }
  /// Where cut bytes are kept.
  var quarantine: String { "\(path)/quarantine" }
  /// Where signed checkpoints are kept.
  var checkpoints: String { "\(path)/checkpoints" }
  /// The file that the writer locks and keeps the durable head in.
  var lock: String { "\(path)/lock" }

  /// What may stand in the folder before a log is made there: what an interrupted creation leaves.
  static let names: Set<String> = ["segments", "quarantine", "lock"]

  /// The file of the segment that begins at a position.
  func segment(_ firstPosition: Int) -> String {
    "\(segments)/\(Self.name(firstPosition))"
  }

  /// The sealed file of the segment that begins at a position.
  func sealed(_ firstPosition: Int) -> String {
    let frames = segment(firstPosition)
    return frames.dropLast(Self.suffix.count) + Self.sealedSuffix
  }

  /// A segment's name: its first position in 20 digits, so that names sort like positions.
  static func name(_ firstPosition: Int) -> String {
    let digits = String(firstPosition)
    return String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits + suffix
  }

  /// The position in a segment's name; `nil` for any other file.
  static func firstPosition(_ name: String) -> Int? {
    guard name.utf8.count == 20 + suffix.utf8.count, name.hasSuffix(suffix),
      name.utf8.prefix(20).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(name.prefix(20))
  }

  /// The position in a sealed segment's name; `nil` for any other file.
  static func sealedFirstPosition(_ name: String) -> Int? {
    guard name.hasSuffix(sealedSuffix) else { return nil }
    return firstPosition(name.dropLast(sealedSuffix.count) + suffix)
  }

  /// What a file is called until all of it is durable.
  static let unfinishedSuffix = ".new"
  private static let suffix = ".frames"
  /// How a sealed segment's file ends.
  static let sealedSuffix = ".sealed"
}
