/// What a reader made of the bytes that it was given.
public enum FuzzVerdict: Sendable {
  /// It read them.
  case accepted
  /// It threw, and said why.
  case refused
}

/// A property that does not hold for some bytes: a bug, of the reader or of the property.
public struct FuzzFinding: Error, CustomStringConvertible {
  /// What should be so, and is not.
  public let description: String

  /// A finding that says so.
  public init(_ description: String) {
    self.description = description
  }
}

/// Finds a bug unless `condition` holds.
package func expect(
  _ condition: Bool,
  _ message: @autoclosure () -> String
) throws(FuzzFinding) {
  guard condition else { throw FuzzFinding(message()) }
}

/// A reader of bytes that others wrote, with what must hold whatever the bytes are.
///
/// It never traps and it ends soon. What it accepts has one meaning: written again it gives the same
/// bytes, or a form that does; and where there are two readers, they agree.
public struct FuzzTarget: Sendable {
  /// The name, which is also that of its folder in `Snapshots/Fuzz`.
  public let name: String
  /// Texts that mean something to the reader, for a mutator to put in.
  public let words: [String]
  /// The longest input that is worth trying, in bytes.
  public let byteCountMax: Int
  /// How many inputs the ordinary tests make up: what takes a second or less.
  public let caseCount: Int
  private let makeSamples: @Sendable () -> [[UInt8]]
  private let repair: (@Sendable ([UInt8]) -> [UInt8])?
  private let check: @Sendable ([UInt8]) throws(FuzzFinding) -> FuzzVerdict

  /// A target of the given parts.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - words: Texts that mean something to the reader.
  ///   - byteCountMax: The longest input that is worth trying, in bytes.
  ///   - caseCount: How many inputs the ordinary tests make up.
  ///   - samples: Inputs that the reader accepts, from which to begin.
  ///   - repair: Makes the checksums hold again, so that what is behind them is reached too.
  ///   - check: Reads the bytes and tries the properties.
  package init(
    _ name: String,
    words: [String] = [],
    byteCountMax: Int = 4_096,
    caseCount: Int = 400,
    samples: @escaping @Sendable () -> [[UInt8]],
    repair: (@Sendable ([UInt8]) -> [UInt8])? = nil,
    check: @escaping @Sendable ([UInt8]) throws(FuzzFinding) -> FuzzVerdict
  ) {
    self.name = name
    self.words = words
    self.byteCountMax = byteCountMax
    self.caseCount = caseCount
    makeSamples = samples
    self.repair = repair
    self.check = check
  }

  /// Inputs that the reader accepts.
  public var samples: [[UInt8]] { makeSamples() }

  /// Tries `bytes`, as they are and with their checksums put right.
  ///
  /// - Returns: What became of the bytes whose checksums are right.
  /// - Throws: ``FuzzFinding`` for a property that does not hold.
  @discardableResult
  public func run(_ bytes: [UInt8]) throws(FuzzFinding) -> FuzzVerdict {
    let verdict = try check(bytes)
    guard let repaired = repair?(bytes), repaired != bytes else { return verdict }
    return try check(repaired)
  }
}
