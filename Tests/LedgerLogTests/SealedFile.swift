import LedgerFormat
import LedgerTestSupport
import Testing

/// The parts of a sealed file, to be changed and put together again with checksums that hold: what
/// an attacker could write, or a program that is wrong.
struct SealedFile {
  /// Header and blocks.
  var start: [UInt8]
  /// The regions, in order.
  var regions: [(place: SealedDirectory.Region, bytes: [UInt8])]
  /// The directory; offsets, sizes and checksums of regions follow from ``regions``.
  var directory: SealedDirectory
  let header: SegmentHeader

  /// Takes a file apart.
  init(_ bytes: [UInt8]) throws {
    header = try SegmentHeader(reading: bytes.span, as: .sealed)
    let trailer = bytes.count - SealedTrailer.byteCount
    let size = try SealedTrailer.directoryByteCount(
      reading: bytes.span.extracting(trailer..<bytes.count)
    )
    directory = try SealedDirectory(
      reading: bytes.span.extracting((trailer - size)..<trailer),
      at: trailer - size,
      after: header
    )
    regions = directory.regions.map { ($0, Array(bytes[$0.bytes])) }
    start = Array(bytes[..<(directory.regions.first?.bytes.lowerBound ?? directory.offset)])
  }

  /// The bytes of a region.
  subscript(kind: SealedRegion) -> [UInt8] {
    get { regions.first { $0.place.kind == kind.rawValue }?.bytes ?? [] }
    set {
      guard let index = regions.firstIndex(where: { $0.place.kind == kind.rawValue }) else {
        return
      }
      regions[index].bytes = newValue
    }
  }

  /// The whole file.
  var bytes: [UInt8] {
    var bytes = start
    var directory = directory
    directory.regions = []
    for region in regions {
      var place = region.place
      place.checksum = CRC32C.checksum(region.bytes.span)
      place.bytes = bytes.count..<(bytes.count + region.bytes.count)
      directory.regions.append(place)
      bytes += region.bytes
    }
    directory.offset = bytes.count
    directory.write(to: &bytes, of: header.identity)
    return bytes
  }
}

/// The path of the sealed segment that begins at a position.
func sealedPath(_ firstPosition: Int) -> String {
  let digits = String(firstPosition)
  return "log/segments/\(String(repeating: "0", count: 20 - digits.count))\(digits).sealed"
}
