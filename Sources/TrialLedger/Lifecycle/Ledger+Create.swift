public import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerRuleFiles

extension Ledger {
  /// Makes a ledger whose first event activates rules, and opens it for writing.
  ///
  /// - Parameters:
  ///   - path: A folder that does not exist yet, or is empty.
  ///   - text: The exact text of a rule file; `nil` is the newest bundled set.
  ///   - rulesName: What the rule file is called in messages.
  ///   - origin: The name by which checkpoints speak of the ledger: printable ASCII without spaces
  ///     or plus signs, at most 128 bytes.
  ///   - now: When; only with `isTestClock`.
  ///   - isTestClock: Marks the ledger for ever as one whose writes may say what time it is.
  ///   - options: How it behaves in this process.
  /// - Returns: The ledger, open for writing.
  /// - Throws: ``LedgerError/badInput(_:)`` for rules with errors,
  ///   ``LedgerError/notALedger(_:)`` when the folder holds something,
  ///   ``LedgerError/inputOutput(_:)``.
  public static func create(
    at path: String,
    rules text: String? = nil,
    rulesName: String = "rules",
    origin: String? = nil,
    now: Instant? = nil,
    isTestClock: Bool = false,
    options: Options = Options()
  ) throws(LedgerError) -> Ledger {
    if now != nil, !isTestClock {
      throw .badInput("--now is for ledgers made with --test-clock")
    }
    let text = text ?? BundledRules.newest.text
    let rules = try readRules(text: text, name: rulesName)
    var source: [String: String] = [:]
    if isTestClock { source["test_clock"] = "true" }
    if let origin {
      guard isOrigin(origin) else {
        throw .badInput(
          "origin '\(origin)' is no name: 1 to 128 printable ASCII characters, no space, no plus"
        )
      }
      source["origin"] = origin
    }
    let event = Event(
      position: 0,
      namespaceID: .ledger,
      version: 1,
      recordedAt: now ?? options.clock.now(),
      metadata: Metadata(actor: Actor(userID: nil, role: .system), source: source),
      fact: .rulesActivated(rules.id, sha256: hexadecimalSHA256(of: text), text: text)
    )
    try writeNewLog(at: path) { log throws(LogError) in
      try log.append([event], mark: nil)
      try log.commit()
    }
    return try open(at: path, for: .writing, options: options)
  }

  /// Makes a log in a new folder, fills it and closes it.
  static func writeNewLog<Failure>(
    at path: String,
    _ fill: (inout LogWriter) throws(Failure) -> Void
  ) throws(LedgerError) {
    try requireParent(of: path)
    do {
      var log = try createOrResume(path)
      try fill(&log)
      try log.close()
    } catch let error as LogError {
      throw LedgerError(error)
    } catch let error as LedgerError {
      throw error
    } catch {
      throw .inputOutput("\(error)")
    }
  }

  /// A log without events in a folder: a new one, or what an interrupted creation left.
  private static func createOrResume(_ path: String) throws(LogError) -> LogWriter {
    do throws(LogError) {
      return try LogWriter.create(in: path, identity: randomIdentity())
    } catch .notEmpty {
      let log: LogWriter
      do throws(LogError) {
        log = try LogWriter.open(in: path).writer
      } catch .notALog {
        throw .notEmpty(folder: path)
      } catch {
        throw error
      }
      guard log.size == 0 else {
        try log.close()
        throw .notEmpty(folder: path)
      }
      return log
    } catch {
      throw error
    }
  }

  /// Sixteen random bytes by which a log's files know each other.
  static func randomIdentity() -> LedgerIdentity {
    var random = SystemRandomNumberGenerator()
    let bytes = (0..<LedgerIdentity.byteCount).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    return LedgerIdentity(bytes.span)
  }

  private static func isOrigin(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "+") }
  }
}
