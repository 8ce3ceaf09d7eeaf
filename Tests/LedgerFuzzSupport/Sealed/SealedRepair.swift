import LedgerFormat

/// Makes every checksum of a sealed segment hold again, as far as its parts can be made out.
func repairedSealedSegment(_ input: [UInt8]) -> [UInt8] {
  var bytes = repairedSegmentHeader(input)
  guard let header = try? SegmentHeader(reading: bytes.span, as: .sealed),
    bytes.count >= header.byteCount + SealedTrailer.byteCount
  else { return bytes }
  let trailer = bytes.count - SealedTrailer.byteCount
  let directoryByteCount = Int(bytes.span.littleEndian(UInt32.self, at: trailer))
  let start = trailer - directoryByteCount
  guard start >= header.byteCount, directoryByteCount >= SealedDirectory.fixedByteCount else {
    return bytes
  }
  repairSalted(&bytes, start..<trailer)
  guard
    let directory = try? SealedDirectory(
      reading: bytes.span.extracting(start..<trailer),
      at: start,
      after: header
    )
  else { return bytes }
  for index in directory.blocks.indices {
    let range = directory.bytes(ofBlock: index)
    if range.upperBound <= bytes.count { repairBlock(&bytes, range) }
  }
  repairPages(&bytes, directory, .namespacePages, .namespaceFences)
  repairPages(&bytes, directory, .commandPages, .commandFences)
  let entries = start + SealedDirectory.fixedByteCount + 24 * directory.blocks.count
  for (index, region) in directory.regions.enumerated() where region.bytes.upperBound <= start {
    let checksum = CRC32C.checksum(bytes.span.extracting(region.bytes))
    bytes.setLittleEndian(checksum, at: entries + 24 * index + 4)
  }
  repairSalted(&bytes, start..<trailer)
  return bytes
}

/// Puts right the checksum in bytes 4 to 7 of a header, which is that of the identity and the rest.
private func repairSalted(_ bytes: inout [UInt8], _ range: Range<Int>) {
  var salt: [UInt8] = []
  FuzzTarget.identity.append(to: &salt)
  let checksum = CRC32C.checksum(
    bytes.span.extracting((range.lowerBound + 8)..<range.upperBound),
    after: CRC32C.checksum(salt.span)
  )
  bytes.setLittleEndian(checksum, at: range.lowerBound + 4)
}

private func repairBlock(_ bytes: inout [UInt8], _ block: Range<Int>) {
  guard block.count >= SealedBlockHeader.fixedByteCount else { return }
  let headerByteCount = Int(bytes.span.littleEndian(UInt32.self, at: block.lowerBound + 8))
  guard headerByteCount >= SealedBlockHeader.fixedByteCount, headerByteCount <= block.count else {
    return
  }
  let headerRange = block.lowerBound..<(block.lowerBound + headerByteCount)
  repairSalted(&bytes, headerRange)
  guard
    let header = try? SealedBlockHeader(
      reading: bytes.span.extracting(block),
      of: FuzzTarget.identity
    ), header.blockByteCount <= block.count
  else { return }
  // The entries of columns and detail chunks are the end of the header.
  let tables = headerRange.upperBound - 20 * header.columns.count - 12 * header.detailChunks.count
  var offset = headerRange.upperBound
  for (index, column) in header.columns.enumerated() {
    let checksum = CRC32C.checksum(
      bytes.span.extracting(offset..<(offset + column.storedByteCount))
    )
    bytes.setLittleEndian(checksum, at: tables + 20 * index + 12)
    offset += column.storedByteCount
  }
  for (index, chunk) in header.detailChunks.enumerated() {
    let checksum = CRC32C.checksum(
      bytes.span.extracting(offset..<(offset + chunk.storedByteCount))
    )
    bytes.setLittleEndian(checksum, at: tables + 20 * header.columns.count + 12 * index + 8)
    offset += chunk.storedByteCount
  }
  repairSalted(&bytes, headerRange)
}

private func repairPages(
  _ bytes: inout [UInt8],
  _ directory: SealedDirectory,
  _ pagesKind: SealedRegion,
  _ fencesKind: SealedRegion
) {
  guard let pages = directory.region(pagesKind)?.bytes,
    let fenceBytes = directory.region(fencesKind)?.bytes,
    pages.upperBound <= bytes.count, fenceBytes.upperBound <= bytes.count,
    let fences = try? PageFences(
      reading: bytes.span.extracting(fenceBytes),
      pagesByteCount: pages.count
    )
  else { return }
  for page in 0..<fences.pageCount {
    let range = fences.bytes(ofPage: page)
    let start = pages.lowerBound + range.lowerBound
    guard range.count > 4 else { continue }
    let checksum = fences.place(ofPage: page, in: pagesKind, of: FuzzTarget.identity)
      .checksum(of: bytes.span.extracting(start..<(start + range.count)))
    bytes.setLittleEndian(checksum, at: start)
  }
}
