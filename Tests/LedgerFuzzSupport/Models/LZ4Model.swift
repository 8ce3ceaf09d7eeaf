/// Decodes an LZ4 block by the words of the log format's page, byte by byte.
///
/// An offset of 0, which no writer makes, liblz4 takes for zeros; so it is that here.
///
/// - Returns: The decoded bytes; `nil` for a block that breaks off, reaches back too far, or gives
///   more than `byteCountMax` bytes.
func lz4Decoded(_ block: [UInt8], byteCountMax: Int) -> [UInt8]? {
  var output: [UInt8] = []
  var index = 0
  func length(_ bits: UInt8) -> Int? {
    var length = Int(bits)
    guard bits == 15 else { return length }
    while index < block.count {
      let byte = block[index]
      index += 1
      length += Int(byte)
      if byte != 255 { return length }
    }
    return nil
  }
  while index < block.count {
    let token = block[index]
    index += 1
    guard let literalCount = length(token >> 4), literalCount <= block.count - index,
      output.count + literalCount <= byteCountMax
    else { return nil }
    output += block[index..<(index + literalCount)]
    index += literalCount
    if index == block.count { return output }
    guard block.count - index >= 2 else { return nil }
    let offset = Int(block[index]) | Int(block[index + 1]) << 8
    index += 2
    guard let rest = length(token & 15), offset <= output.count,
      output.count + rest + 4 <= byteCountMax
    else { return nil }
    for _ in 0..<(rest + 4) { output.append(offset == 0 ? 0 : output[output.count - offset]) }
  }
  return nil
}
