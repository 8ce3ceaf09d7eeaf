import LedgerFormat
import LedgerProof

extension FuzzTarget {
  /// What proofs are handed over in: notes, checkpoints, keys, tiles.
  static let proofs: [FuzzTarget] = [checkpoint, signedNote, key, tilePath, entryBundle, base64]

  /// The text of a checkpoint has one form.
  static let checkpoint = FuzzTarget(
    "checkpoint",
    words: ["\n", "0", "4611686018427387904", "4611686018427387905", "=", "extension\n", "é"],
    byteCountMax: 512,
    samples: {
      [0, 1, 1 << 62].map { Checkpoint(origin: "example.org/log", size: $0, root: hash(7)).text }
        + [Checkpoint(origin: "é", size: 12, root: hash(8)).text + Array("more\n".utf8)]
    },
    check: { bytes throws(FuzzFinding) in
      guard let checkpoint = try? Checkpoint(reading: bytes) else { return .refused }
      try expect(checkpoint.text == bytes, "the checkpoint is written back as other bytes")
      return .accepted
    }
  )

  /// A signed note has one form, and a note that was changed is not signed any more.
  static let signedNote = FuzzTarget(
    "signed-note",
    words: ["— ", "\n\n", "\n", "example.org/log", "=", "+"],
    byteCountMax: 1_024,
    samples: { [signed.bytes] },
    check: { bytes throws(FuzzFinding) in
      guard let note = try? SignedNote(reading: bytes) else { return .refused }
      try expect(note.bytes == bytes, "the note is written back as other bytes")
      let isSigned = (try? note.verify(with: [signer.verifier])) != nil
      try expect(!isSigned || note.text == signed.text, "the signature holds for another text")
      return .accepted
    }
  )

  private static let signer: SignerKey = {
    guard let key = try? SignerKey(name: "example.org/log", seed: [UInt8](repeating: 5, count: 32))
    else { preconditionFailure("32 bytes are a seed") }
    return key
  }()

  private static let signed: SignedNote = {
    var note = SignedNote(
      text: Checkpoint(origin: "example.org/log", size: 12, root: hash(7)).text
    )
    guard (try? note.sign(with: signer)) != nil else { preconditionFailure("a note is signed") }
    return note
  }()

  /// A key in text has one form.
  static let key = FuzzTarget(
    "note-key",
    words: ["PRIVATE+KEY+", "+", "=", "example.org/log", "0000000f"],
    byteCountMax: 512,
    samples: { [Array(signer.verifier.text.utf8), Array(signer.text.utf8)] },
    check: { bytes throws(FuzzFinding) in
      guard let text = String(validating: bytes, as: UTF8.self) else { return .refused }
      if let key = try? VerifierKey(text) {
        try expect(Array(key.text.utf8) == bytes, "the key is written back as other bytes")
        return .accepted
      }
      guard let key = try? SignerKey(text) else { return .refused }
      // Newlines behind a signer key, which stands in a file, are not its.
      try expect(bytes.starts(with: key.text.utf8), "the key is written back as other bytes")
      return .accepted
    }
  )

  /// The path of a tile has one form.
  static let tilePath = FuzzTarget(
    "tile-path",
    words: ["tile/", "entries/", "x001/", "000", ".p/", "255", "256", "0/", "7/", "8/"],
    byteCountMax: 64,
    samples: {
      ["tile/0/000", "tile/7/x001/x234/067", "tile/entries/x001/000.p/255", "tile/1/001.p/1"]
        .map { Array($0.utf8) }
    },
    check: { bytes throws(FuzzFinding) in
      guard let text = String(validating: bytes, as: UTF8.self), let tile = Tile(path: text)
      else { return .refused }
      try expect(Array(tile.path.utf8) == bytes, "the tile has another path")
      return .accepted
    }
  )

  /// A bundle of entries is its entries, and hashes of a tile are its bytes.
  static let entryBundle = FuzzTarget(
    "entry-bundle",
    samples: {
      var bundle = EntryBundle()
      for entry in ["", "{}", "an entry of some bytes"] { bundle.append(Array(entry.utf8)) }
      return [bundle.bytes]
    },
    check: { bytes throws(FuzzFinding) in
      if let hashes = try? tileHashes(bytes, width: bytes.count / 32) {
        try expect(tileBytes(hashes) == bytes, "the tile is written back as other bytes")
      }
      guard let entries = try? EntryBundle.entries(of: bytes) else { return .refused }
      var bundle = EntryBundle()
      for entry in entries { bundle.append(entry) }
      try expect(bundle.bytes == bytes, "the bundle is written back as other bytes")
      return .accepted
    }
  )

  /// Base 64 has one form.
  static let base64 = FuzzTarget(
    "base64",
    words: ["=", "==", "A", "/", "+"],
    byteCountMax: 128,
    samples: {
      [0, 1, 2, 3, 32].map { Array(Base64.text([UInt8](repeating: 250, count: $0)).utf8) }
    },
    check: { bytes throws(FuzzFinding) in
      guard let decoded = Base64.bytes(bytes) else { return .refused }
      try expect(Array(Base64.text(decoded).utf8) == bytes, "the bytes have another text")
      return .accepted
    }
  )
}
