import Foundation
import LedgerFormat

/// What one run of something came to.
struct Measured {
  /// How many things were done: appends, events, questions.
  let count: Int
  /// How long it took by the wall clock, in nanoseconds.
  let nanoseconds: Int
  /// The bytes written or read.
  var byteCount = 0
  /// How much of all processors it took, in nanoseconds; 0 where nobody asks.
  var processorNanoseconds = 0
  /// Says what came out, so that two runs over the same data can be compared.
  var checksum = ""
  /// Which it is, where one process runs several.
  var name = ""

  /// Prints the run as one line of JSON.
  func tell() throws {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("count", count)
      writer.member("nanoseconds", nanoseconds)
      writer.member("bytes", byteCount)
      writer.member("checksum", checksum)
      writer.member("processor", processorNanoseconds)
      if !name.isEmpty { writer.member("name", name) }
    }
    writer.bytes.append(UInt8(ascii: "\n"))
    try FileHandle.standardOutput.write(contentsOf: Data(writer.bytes))
  }
}

/// The time that this process has taken of all processors, in nanoseconds.
///
/// On a machine that others use too it says more than the time by the clock on the wall.
func processorNanoseconds() -> Int { Int(clock()) * (1_000_000_000 / Int(CLOCKS_PER_SEC)) }

/// Runs `body` and says how long it took by the wall clock, in nanoseconds.
func timed<Value>(_ body: () throws -> Value) rethrows -> (value: Value, nanoseconds: Int) {
  let start = ContinuousClock.now
  let value = try body()
  return (value, nanoseconds(since: start))
}

/// The time since `start` by the wall clock, in nanoseconds.
func nanoseconds(since start: ContinuousClock.Instant) -> Int {
  let (seconds, attoseconds) = (ContinuousClock.now - start).components
  return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
}

/// Bytes as lowercase hexadecimal digits.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { byte in
    let digits = String(byte, radix: 16)
    return byte < 16 ? "0" + digits : digits
  }.joined()
}

/// The bytes of the files below a folder.
func byteCount(below folder: String) throws -> Int {
  let manager = FileManager.default
  var sum = 0
  for path in try manager.subpathsOfDirectory(atPath: folder) {
    let attributes = try manager.attributesOfItem(atPath: "\(folder)/\(path)")
    if attributes[.type] as? FileAttributeType == .typeRegular {
      sum += (attributes[.size] as? Int) ?? 0
    }
  }
  return sum
}
