/// The tables of the house rules: what a reviewer would otherwise say again and again.
///
/// To break a rule for a reason, change its table in the same commit and say why beside the line.
enum HouseRules {
  /// The longest file, in lines.
  static let fileLineCountMax = 400
  /// The longest function, in lines, from its keyword to its closing brace.
  static let functionLineCountMax = 70

  /// What stands at the top level beside dotfiles.
  static let topLevel: Set<String> = [
    "Package.swift", "Sources", "Tests", "Snapshots", "Tools", "README.md",
  ]

  /// The modules that each target of Sources may import.
  ///
  /// These are the arrows of <doc:Architecture>, and the only place where they are written as code.
  /// Every target may import ``everywhere``.
  static let arrows: [String: Set<String>] = [
    "LedgerCore": [],
    "LedgerFormat": ["LedgerCore", "CLZ4", "CLedgerHash"],
    "LedgerProof": ["LedgerCore", "LedgerFormat", "Crypto"],
    "LedgerLog": ["LedgerCore", "LedgerFormat", "LedgerProof", "Glibc", "Darwin"],
    "LedgerProjection": ["LedgerCore", "CLedgerHash"],
    "LedgerRuleFiles": ["LedgerCore", "Yams"],
    "LedgerSQLite": ["LedgerCore", "GRDB", "GRDBSQLite", "Foundation"],
    "TrialLedger": [
      "LedgerCore", "LedgerFormat", "LedgerProof", "LedgerLog", "LedgerProjection",
      "LedgerRuleFiles", "LedgerSQLite", "Crypto", "Logging", "Dispatch", "Glibc", "Darwin",
      "Foundation",
    ],
    "LedgerHTTP": [
      "LedgerCore", "LedgerFormat", "TrialLedger", "Hummingbird", "HummingbirdCore", "HTTPTypes",
      "Logging", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOHTTPTypes", "ServiceLifecycle",
      "UnixSignals", "Crypto", "Foundation",
      // What the trait TLS adds.
      "NIOSSL", "NIOTLS",
    ],
    "LedgerGitLab": [
      "LedgerCore", "LedgerFormat", "LedgerHTTP", "TrialLedger", "Hummingbird", "HTTPTypes",
      "Logging", "ServiceLifecycle", "Crypto", "GRDB", "Dispatch", "Foundation",
    ],
    // What the trait GitLabSync adds.
    "LedgerGitLabSync": [
      "LedgerCore", "LedgerFormat", "LedgerHTTP", "LedgerGitLab", "TrialLedger", "Hummingbird",
      "HTTPTypes", "AsyncHTTPClient", "JWTKit", "CryptoExtras", "NIOCore", "NIOHTTP1", "Foundation",
    ],
    "LedgerHiredis": ["CHiredis", "Glibc", "Darwin"],
    "LedgerRedis": [
      "LedgerCore", "LedgerHiredis", "TrialLedger", "Logging", "ServiceLifecycle", "Dispatch",
    ],
    "TrialLedgerClient": [
      "LedgerCore", "LedgerHiredis", "AsyncHTTPClient", "NIOCore", "NIOHTTP1", "Dispatch",
      "Foundation", "Glibc", "Darwin",
    ],
    // The composition root sees all.
    "LedgerCLI": [
      "LedgerCore", "LedgerFormat", "LedgerRuleFiles", "TrialLedger", "LedgerHTTP", "LedgerGitLab",
      "LedgerGitLabSync", "LedgerHiredis", "LedgerRedis", "ArgumentParser", "Hummingbird",
      "Logging", "ServiceLifecycle", "Foundation", "Glibc",
      "Darwin",
    ],
  ]
  /// The parts of the standard library that are no input or output.
  static let everywhere: Set<String> = ["Synchronization", "Builtin"]

  /// The files of Sources that may say `unsafe`: each exports only what is safe to call with any
  /// arguments, and every use has its `// Sound:` comment.
  static let unsafeFiles: Set<String> = [
    "Sources/LedgerCLI/System/FileDescriptor.swift",
    "Sources/LedgerFormat/Binary/Bytes.swift",
    "Sources/LedgerFormat/Binary/CRC32C.swift",
    "Sources/LedgerFormat/Binary/LZ4Block.swift",
    "Sources/LedgerFormat/Binary/OutputBytes.swift",
    "Sources/LedgerFormat/Binary/WideColumns.swift",
    "Sources/LedgerHiredis/RedisConnection.swift",
    "Sources/LedgerLog/Disk/PosixDisk.swift",
    "Sources/LedgerLog/Disk/SystemThread.swift",
    "Sources/LedgerProjection/Fold/FactBuckets.swift",
    "Sources/LedgerProjection/Fold/Threads.swift",
    "Sources/LedgerProjection/Snapshot/SnapshotBytes.swift",
    "Sources/LedgerProjection/Storage/PageBuilder+Facts.swift",
    "Sources/LedgerProjection/Storage/PageBuilder.swift",
    "Sources/LedgerProjection/Storage/PageDirectory+Kept.swift",
    "Sources/LedgerProof/MerkleHash.swift",
    "Sources/LedgerSQLite/ReadModel/RowStatement.swift",
    "Sources/TrialLedger/Care/Machine.swift",
    "Sources/TrialLedger/Lifecycle/LedgerClock.swift",
    "Sources/TrialLedgerClient/WallClock.swift",
  ]

  /// The files that may say `@unchecked Sendable`, each with the proof that the compiler lacks.
  static let uncheckedSendable: [String: String] = [
    "Sources/LedgerProjection/Fold/FactBatch.swift":
      "a batch is filled by one thread and then handed to another, as its comment asks",
    "Sources/TrialLedger/Lifecycle/ProcessorThreads.swift":
      "a function is lent to threads that have ended when it goes",
    "Sources/LedgerProjection/Fold/Threads.swift":
      "a worker is handed over once, under a lock, when its thread is done with it",
  ]

  /// The folders of Snapshots with a file or more for each bundled rule set, with the test that
  /// loops over them.
  static let composedSnapshots: [String: String] = [
    "Rules": "Tests/LedgerRuleFilesTests/BundledRulesTests.swift",
    "Sample": "Tests/TrialLedgerTests/SampleHistoryTests.swift",
  ]

  /// The tests that hold, line by line, the Swift that the README and the handbook show.
  static let compiledExamples = [
    "Tests/TrialLedgerTests/LibraryExampleTests.swift",
    "Tests/TrialLedgerClientTests/TrialLedgerClientTests.swift",
  ]

  /// A word, what to write instead, and where it may not stand.
  struct BannedWord: Sendable {
    let word: String
    let instead: String
    let isBanned: @Sendable (_ path: String) -> Bool

    init(
      _ word: String,
      instead: String,
      where isBanned: @escaping @Sendable (_ path: String) -> Bool = { _ in true }
    ) {
      self.word = word
      self.instead = instead
      self.isBanned = isBanned
    }
  }

  /// Words of code; in comments and strings they may stand.
  static let bannedCode: [BannedWord] = [
    BannedWord("Date()", instead: "take a LedgerClock or an Instant"),
    BannedWord("Date.now", instead: "take a LedgerClock or an Instant"),
    BannedWord("UUID()", instead: "take the id as an argument") { !isTest($0) },
    BannedWord("print(", instead: "return the text; only the command line prints") {
      $0.hasPrefix("Sources/") && !$0.hasPrefix("Sources/LedgerCLI/")
    },
    BannedWord("try!", instead: "throw, or catch and say why it cannot happen"),
    BannedWord("as!", instead: "`as?` with what to do when it is not"),
    BannedWord("fatalError()", instead: "a sentence that says why it cannot happen"),
    BannedWord("preconditionFailure()", instead: "a sentence that says why it cannot happen"),
    BannedWord("Task.sleep", instead: "wait for the thing itself, or move a ManualClock") {
      isTest($0)
    },
    BannedWord("sleep(", instead: "wait for the thing itself, or move a ManualClock") {
      isTest($0)
    },
    BannedWord("usleep(", instead: "wait for the thing itself, or move a ManualClock") {
      isTest($0)
    },
    BannedWord("XCTestCase", instead: "Swift Testing"),
    BannedWord("nonisolated(unsafe)", instead: "a Mutex or an Atomic"),
    BannedWord("@preconcurrency", instead: "a Sendable type of our own"),
  ]

  /// Words that may stand nowhere, in no kind of file.
  ///
  /// Written in two halves, so that this table may.
  static let openEnds = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

  /// The first folders of a path that exists on one machine only.
  static let machineFolders = ["work", "farm", "root", "opt/swift", "home", "Users"]

  private static func isTest(_ path: String) -> Bool {
    path.hasPrefix("Tests/")
  }
}
