package import LedgerFormat

/// That something stands in a log, to be checked without the log:
/// [C2SP tlog-proof](https://c2sp.org/tlog-proof@v1).
///
/// The file is `c2sp.org/tlog-proof@v1`, maybe `extra` and base64, `index` and the place, the hashes
/// of the inclusion proof in base64, an empty line, and the signed checkpoint. We put the leaf's
/// bytes into `extra`, so that a proof says what it proves.
package struct LogProof: Equatable, Sendable {
  /// Bytes that the format gives no meaning; for us those of the leaf, or `nil`.
  package let extra: [UInt8]?
  /// The leaf's place in the log.
  package let index: Int
  /// The hashes beside the way from the leaf to the root, the leaf's neighbour first.
  package let hashes: [Hash256]
  /// The checkpoint, signed, as its log wrote it.
  package let note: SignedNote

  /// The longest file that is read, in bytes.
  package static let byteCountMax = 2_000_000
  /// The most hashes on the way to a root.
  package static let hashCountMax = 63

  /// A proof of the given parts, which need not hold.
  package init(extra: [UInt8]?, index: Int, hashes: [Hash256], note: SignedNote) {
    self.extra = extra
    self.index = index
    self.hashes = hashes
    self.note = note
  }

  /// Reads a file and checks its form, not what it proves.
  ///
  /// - Throws: ``ProofError/malformed(_:)``.
  package init(reading bytes: [UInt8]) throws(ProofError) {
    guard bytes.count <= Self.byteCountMax else {
      throw .malformed("the proof is longer than \(Self.byteCountMax) bytes")
    }
    var rest = bytes[...]
    guard Self.takeLine(&rest)?.elementsEqual(Self.head.utf8) ?? false else {
      throw .malformed("a proof begins with the line \(Self.head)")
    }
    var line = Self.takeLine(&rest)
    if let text = line, text.starts(with: Self.extraWord) {
      guard let bytes = Base64.bytes(text.dropFirst(Self.extraWord.count)) else {
        throw .malformed("the proof's extra line is not base64")
      }
      extra = bytes
      line = Self.takeLine(&rest)
    } else {
      extra = nil
    }
    guard let text = line, text.starts(with: Self.indexWord),
      let index = naturalNumber(text.dropFirst(Self.indexWord.count))
    else { throw .malformed("the proof has no line 'index' with a place") }
    self.index = index
    var hashes: [Hash256] = []
    while true {
      guard let text = Self.takeLine(&rest) else {
        throw .malformed("the proof has no empty line before its checkpoint")
      }
      if text.isEmpty { break }
      guard hashes.count < Self.hashCountMax, let hash = hash(text) else {
        throw .malformed("a line of the proof is not the base64 of a hash")
      }
      hashes.append(hash)
    }
    self.hashes = hashes
    note = try SignedNote(reading: rest)
  }

  /// The file.
  package var bytes: [UInt8] {
    var lines = [Self.head]
    if let extra { lines.append("extra \(Base64.text(extra))") }
    lines.append("index \(index)")
    lines += hashes.map { Base64.text($0.bytes) } + [""]
    return lines.flatMap { Array($0.utf8) + [newline] } + note.bytes
  }

  /// Checks everything: the checkpoint's signature, and that the leaf is under its root.
  ///
  /// - Parameters:
  ///   - leaf: The leaf's bytes; `nil` takes those in ``extra``.
  ///   - key: Whose signature the checkpoint needs; its name is the log's origin too.
  /// - Returns: The checkpoint, and the leaf's bytes.
  /// - Throws: ``ProofError``.
  package func verify(
    leaf: [UInt8]?,
    with key: VerifierKey
  ) throws(ProofError) -> (checkpoint: Checkpoint, leaf: [UInt8]) {
    try note.verify(with: [key])
    let checkpoint = try Checkpoint(reading: note.text)
    guard checkpoint.origin.utf8.elementsEqual(key.name.utf8) else {
      throw .mismatch("the checkpoint is of \(checkpoint.origin), the key of \(key.name)")
    }
    guard let leaf = leaf ?? extra else {
      throw .malformed("the proof does not hold the event; give it")
    }
    if let extra, extra != leaf {
      throw .mismatch("the proof is of another event than the one given")
    }
    let proof = InclusionProof(index: index, size: checkpoint.size, hashes: hashes)
    guard let root = proof.root(from: MerkleHash.leaf(leaf.span)) else {
      throw .mismatch(
        "\(hashes.count) hashes do not lead from place \(index) to the root of \(checkpoint.size)"
      )
    }
    guard root == checkpoint.root else {
      throw .mismatch("the event at place \(index) is not what the checkpoint's root stands for")
    }
    return (checkpoint, leaf)
  }

  /// Takes the next line off, without its newline; `nil` when there is no newline any more.
  private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: newline) else { return nil }
    let line = rest[..<end]
    rest = rest[(end + 1)...]
    return line
  }

  private static let head = "c2sp.org/tlog-proof@v1"
  private static let extraWord = Array("extra ".utf8)
  private static let indexWord = Array("index ".utf8)
}
