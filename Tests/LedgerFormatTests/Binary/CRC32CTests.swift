import LedgerFormat
import LedgerTestSupport
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
  /// The check value of the catalogue and the vectors of RFC 3720, appendix B.4.
  @Test func `gives the known values`() {
    #expect(CRC32C.checksum(Array("123456789".utf8).span) == 0xe306_9283)
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32).span) == 0x8a91_36aa)
    #expect(CRC32C.checksum([UInt8](repeating: 255, count: 32).span) == 0x62a8_ab43)
    #expect(CRC32C.checksum([UInt8](0..<32).span) == 0x46dd_794e)
    #expect(CRC32C.checksum([UInt8]().span) == 0)
  }

  @Test func `is the same by instruction, by tables and in parts`() {
    var generator = SeededGenerator(seed: 1)
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let whole = CRC32C.checksum(bytes.span)
      #expect(whole == CRC32C.portableChecksum(bytes.span))
      let cut = Int.random(in: 0...count, using: &generator)
      let head = CRC32C.checksum(bytes.span.extracting(0..<cut))
      #expect(whole == CRC32C.checksum(bytes.span.extracting(cut..<count), after: head))
    }
  }
}
