package import LedgerFormat

/// What a log commits itself to: how many leaves it has and the root of their tree.
///
/// The text of a note in the form of [C2SP tlog-checkpoint](https://c2sp.org/tlog-checkpoint): the
/// origin, the size and the base64 of the root, a line each, and maybe lines of extensions, which
/// mean nothing here but are signed with the rest.
package struct Checkpoint: Equatable, Sendable {
  /// The name of the log.
  package let origin: String
  /// The number of leaves.
  package let size: Int
  /// The root of the tree of that size.
  package let root: Hash256
  /// The lines behind the root; we write none.
  package let extensions: [String]

  /// The largest size that is believed.
  package static let sizeMax = 1 << 62

  /// A checkpoint of the given parts.
  ///
  /// - Precondition: The origin may name a key, and the size is not negative.
  package init(origin: String, size: Int, root: Hash256) {
    precondition(KeyName.isValid(origin), "an origin is a key's name")
    precondition((0...Self.sizeMax).contains(size), "a size is a number of leaves")
    self.origin = origin
    self.size = size
    self.root = root
    extensions = []
  }

  /// Reads a note's text.
  ///
  /// - Throws: ``ProofError/malformed(_:)``.
  package init(reading text: [UInt8]) throws(ProofError) {
    let lines = text.split(separator: newline, omittingEmptySubsequences: false)
    guard lines.count >= 4, let last = lines.last, last.isEmpty,
      lines.dropLast().allSatisfy({ !$0.isEmpty })
    else { throw .malformed("a checkpoint is three lines or more: origin, size and root") }
    guard let origin = String(validating: lines[0], as: UTF8.self), KeyName.isValid(origin) else {
      throw .malformed("the checkpoint's origin is not a name without spaces and pluses")
    }
    guard let size = naturalNumber(lines[1]), size <= Self.sizeMax else {
      throw .malformed("the checkpoint's second line is not a size")
    }
    guard let root = hash(lines[2]) else {
      throw .malformed("the checkpoint's third line is not the base64 of 32 bytes")
    }
    var extensions: [String] = []
    for line in lines[3...].dropLast() {
      // What is not UTF-8 would be written back as something else, which nobody signed.
      guard let text = String(validating: line, as: UTF8.self) else {
        throw .malformed("a line behind the checkpoint's root is not UTF-8")
      }
      extensions.append(text)
    }
    self.origin = origin
    self.size = size
    self.root = root
    self.extensions = extensions
  }

  /// The note's text.
  package var text: [UInt8] {
    let lines = [origin, String(size), Base64.text(root.bytes)] + extensions
    return lines.flatMap { Array($0.utf8) + [newline] }
  }

  package static func == (left: Checkpoint, right: Checkpoint) -> Bool {
    left.text == right.text
  }
}

/// The number that ASCII digits without leading zeros stand for.
func naturalNumber(_ digits: some Collection<UInt8>) -> Int? {
  guard (1...19).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
    digits.first != UInt8(ascii: "0") || digits.count == 1
  else { return nil }
  return Int(String(decoding: digits, as: UTF8.self))
}

/// The hash that base64 stands for.
func hash(_ base64: some Collection<UInt8>) -> Hash256? {
  guard base64.count == 44, let bytes = Base64.bytes(base64), bytes.count == Hash256.byteCount
  else { return nil }
  return Hash256(bytes.span)
}
