import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport

/// The files of a ledger's folder as one input.
///
/// One byte says what is put right before the folder is opened (see ``Repairs``); then come the
/// files, each as a byte with its kind, three bytes with its size, and its bytes. A segment is named
/// by the first position that its header claims.
struct FolderImage {
  /// What is put right, so that damage further in is reached.
  struct Repairs: OptionSet {
    let rawValue: UInt8
    /// Checksums.
    static let checksums = Repairs(rawValue: 1)
    /// Where frames say they stand, in bytes and positions.
    static let places = Repairs(rawValue: 2)
    /// The roots over the events.
    static let roots = Repairs(rawValue: 4)
  }

  /// A kind of file.
  enum Kind: UInt8 {
    case lock = 0
    case frames = 1
    case sealed = 2
    case unfinished = 3
    /// A file of frames that is named as if it were the first.
    case misnamed = 4
  }

  var repairs: Repairs
  var files: [(kind: Kind, bytes: [UInt8])] = []

  /// The image of a disk that holds the folder `log`.
  init(of disk: SimulatedDisk, repairs: Repairs) {
    self.repairs = repairs
    for (path, bytes) in disk.files.sorted(by: { $0.key < $1.key }) {
      if path.hasSuffix(".frames") {
        files.append((.frames, bytes))
      } else if path.hasSuffix(".sealed") {
        files.append((.sealed, bytes))
      } else if path.hasSuffix("/lock") {
        files.append((.lock, bytes))
      }
    }
  }

  /// The image that `input` describes; what breaks off is left out.
  init(_ input: [UInt8]) {
    repairs = Repairs(rawValue: (input.first ?? 0) & 7)
    var offset = 1
    while input.count - offset >= 4 {
      let kind = Kind(rawValue: input[offset] % 5) ?? .frames
      let byteCount =
        Int(input[offset + 1]) | Int(input[offset + 2]) << 8 | Int(input[offset + 3]) << 16
      let end = min(input.count, offset + 4 + byteCount)
      files.append((kind, Array(input[(offset + 4)..<end])))
      offset = end
    }
  }

  /// The image as an input.
  var input: [UInt8] {
    var input = [repairs.rawValue]
    for (kind, bytes) in files {
      input.append(kind.rawValue)
      for shift in [0, 8, 16] { input.append(UInt8(truncatingIfNeeded: bytes.count >> shift)) }
      input += bytes
    }
    return input
  }

  /// A disk with the files, put right as far as is asked for.
  var disk: SimulatedDisk {
    var byPath: [String: [UInt8]] = [:]
    for (kind, bytes) in files {
      let claimed = bytes.count >= 40 ? bytes.span.littleEndian(UInt64.self, at: 32) : 0
      let position = kind == .misnamed ? 0 : claimed & ((1 << 62) - 1)
      let digits = String(position)
      let name = String(repeating: "0", count: 20 - digits.utf8.count) + digits
      switch kind {
      case .lock: byPath["log/lock"] = bytes
      case .frames, .misnamed:
        byPath["log/segments/\(name).frames"] = FrameRepair(repairs).repaired(bytes)
      case .sealed:
        byPath["log/segments/\(name).sealed"] =
          repairs.contains(.checksums) ? repairedSealedSegment(bytes) : bytes
      case .unfinished: byPath["log/segments/\(name).frames.new"] = bytes
      }
    }
    return SimulatedDisk(files: byPath, folders: ["log", "log/segments"])
  }
}
