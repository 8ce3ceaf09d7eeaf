internal import LedgerFormat

extension SoundPrefix {
  /// Takes in the sound events of a sealed segment.
  mutating func walkSealed(
    _ index: Int,
    _ progress: (Int) -> Void
  ) throws(LogError) -> BadPlace? {
    preconditionFailure("no writer of this version seals")
  }
}

extension LossExecution {
  /// Writes the sound events of a sealed file as frames into `file`.
  func remakeFromSealed(_ file: any DiskFile) throws(LogError) {
    preconditionFailure("no writer of this version seals")
  }
}
