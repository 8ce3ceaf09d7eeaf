/// Up to 256 entries of a log in a file: for each its size as a big-endian 16-bit number, then its
/// bytes ([C2SP tlog-tiles](https://c2sp.org/tlog-tiles)).
package struct EntryBundle: Equatable, Sendable {
  /// The file so far.
  package private(set) var bytes: [UInt8] = []
  /// The number of entries in it.
  package private(set) var count = 0

  /// The largest entry, in bytes.
  package static let entryByteCountMax = 65_535

  /// A bundle without entries.
  package init() {}

  /// Appends an entry.
  ///
  /// - Precondition: It has at most 65,535 bytes.
  package mutating func append(_ entry: some Collection<UInt8>) {
    let count = entry.count
    precondition(count <= Self.entryByteCountMax, "an entry's size has 16 bits")
    bytes.append(UInt8(count >> 8))
    bytes.append(UInt8(count & 255))
    bytes.append(contentsOf: entry)
    self.count += 1
  }

  /// Empties the bundle and keeps its memory.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    count = 0
  }

  /// The entries of a file.
  ///
  /// - Throws: ``ProofError/malformed(_:)`` for no entries, more than 256, or bytes that end inside
  ///   one.
  package static func entries(of bytes: [UInt8]) throws(ProofError) -> [ArraySlice<UInt8>] {
    var entries: [ArraySlice<UInt8>] = []
    var offset = 0
    while offset < bytes.count {
      guard entries.count < Tile.widthMax else {
        throw .malformed("the bundle holds more than \(Tile.widthMax) entries")
      }
      guard bytes.count - offset >= 2 else {
        throw .malformed("the bundle ends inside the size of an entry")
      }
      let count = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
      offset += 2
      guard bytes.count - offset >= count else {
        throw .malformed("the bundle ends inside an entry of \(count) bytes")
      }
      entries.append(bytes[offset..<offset + count])
      offset += count
    }
    guard !entries.isEmpty else { throw .malformed("the bundle is empty") }
    return entries
  }
}
