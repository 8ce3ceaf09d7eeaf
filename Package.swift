// swift-tools-version: 6.2
// 6.2 is the first toolchain with `Span`, `.strictMemorySafety()` and `.treatAllWarnings`, and the
// one that Hummingbird asks for.

import PackageDescription

/// The settings of every target: Swift 6, no warning left standing, every unsafe use spelled out.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
]

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
/// What speaks to GitLab needs an HTTP client and JSON Web Tokens, which a build without the trait
/// leaves out with all that they stand on.
let gitLabSync = Target.Dependency.target(
  name: "LedgerGitLabSync",
  condition: .when(traits: ["GitLabSync"])
)
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
/// What Hummingbird stands on and shows in its interface; in its dependencies anyway.
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
]
/// What HTTPS needs, which a build without the trait leaves out.
let tls: [Target.Dependency] = [
  .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"])),
  .product(name: "NIOTLS", package: "swift-nio", condition: .when(traits: ["TLS"])),
]
let lifecycle: [Target.Dependency] = [
  .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
  .product(name: "UnixSignals", package: "swift-service-lifecycle"),
]

let package = Package(
  name: "trial-ledger",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "TrialLedger", targets: ["TrialLedger"]),
    .library(name: "TrialLedgerClient", targets: ["TrialLedgerClient"]),
    .executable(name: "trial-ledger", targets: ["trial-ledger"]),
  ],
  traits: [
    .trait(name: "GitLabSync", description: "Pushes what the ledger knows to a GitLab."),
    .trait(
      name: "Client",
      description: "A client for Swift services, TrialLedgerClient; needs async-http-client."
    ),
    .trait(
      name: "Redis",
      description: "Invalidates GitLab's cache in Redis; needs hiredis (libhiredis-dev)."
    ),
    .trait(name: "TLS", description: "Serves HTTPS; needs swift-nio-ssl."),
    .default(enabledTraits: ["GitLabSync"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
  ],
  targets: [
    .systemLibrary(
      name: "CLZ4",
      pkgConfig: "liblz4",
      providers: [.apt(["liblz4-dev"])]
    ),
    // Without pkg-config, whose flags for it SwiftPM warns about.
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .target(name: "CLedgerHash", cSettings: [.treatAllWarnings(as: .error)]),
    .target(name: "LedgerCore", swiftSettings: strict),
    .target(
      name: "LedgerFormat",
      dependencies: ["CLZ4", "CLedgerHash", "LedgerCore"],
      swiftSettings: strict
    ),
    .target(name: "LedgerProof", dependencies: ["LedgerFormat", crypto], swiftSettings: strict),
    .target(
      name: "LedgerLog",
      dependencies: ["LedgerCore", "LedgerFormat", "LedgerProof"],
      swiftSettings: strict
    ),
    .target(
      name: "LedgerProjection",
      dependencies: ["CLedgerHash", "LedgerCore"],
      swiftSettings: strict
    ),
    .target(
      name: "LedgerRuleFiles",
      dependencies: ["LedgerCore", .product(name: "Yams", package: "Yams")],
      exclude: [],
      resources: [.embedInCode("Bundled")],
      swiftSettings: strict
    ),
    .target(
      name: "LedgerSQLite",
      dependencies: [
        "LedgerCore",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "TrialLedger",
      dependencies: [
        "LedgerCore", "LedgerFormat", "LedgerProof", "LedgerLog", "LedgerProjection",
        "LedgerRuleFiles", "LedgerSQLite", logging,
      ],
      swiftSettings: strict
    ),
    .target(
      name: "LedgerHTTP",
      dependencies: ["TrialLedger", "LedgerFormat", crypto, httpTypes, hummingbird, logging]
        + nio + tls + lifecycle,
      swiftSettings: strict
    ),
    .target(
      name: "LedgerGitLab",
      dependencies: [
        "TrialLedger", "LedgerFormat", "LedgerHTTP", crypto, grdb, httpTypes, hummingbird, logging,
      ] + lifecycle,
      swiftSettings: strict
    ),
    .target(
      name: "LedgerGitLabSync",
      dependencies: [
        "TrialLedger", "LedgerFormat", "LedgerHTTP", "LedgerGitLab", httpTypes, hummingbird,
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "JWTKit", package: "jwt-kit"),
      ] + nio,
      swiftSettings: strict
    ),
    .target(
      name: "LedgerHiredis",
      dependencies: [.target(name: "CHiredis", condition: .when(traits: ["Redis"]))],
      swiftSettings: strict
    ),
    .target(
      name: "LedgerRedis",
      dependencies: ["LedgerCore", "LedgerHiredis", "TrialLedger", logging] + lifecycle,
      swiftSettings: strict
    ),
    .target(
      name: "TrialLedgerClient",
      dependencies: [
        "LedgerCore", "LedgerHiredis",
        .product(
          name: "AsyncHTTPClient",
          package: "async-http-client",
          condition: .when(traits: ["Client"])
        ),
        .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Client"])),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Client"])),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "trial-ledger",
      dependencies: [
        "TrialLedger", "LedgerFormat", "LedgerRuleFiles", "LedgerHTTP", "LedgerGitLab",
        "LedgerHiredis", "LedgerRedis", gitLabSync, hummingbird, logging,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ] + lifecycle,
      path: "Sources/LedgerCLI",
      swiftSettings: strict
    ),

    // What Tools/bench-log and Tools/bench-projection run inside one process, and the C loops that the
    // projection is measured against; no part of the product.
    .target(
      name: "LedgerFloor",
      dependencies: ["CLZ4"],
      path: "Tools/Benchmarks/Floor",
      cSettings: [.treatAllWarnings(as: .error)]
    ),
    .executableTarget(
      name: "ledger-benchmarks",
      dependencies: [
        "TrialLedger", "LedgerCore", "LedgerFormat", "LedgerProof", "LedgerLog", "LedgerProjection",
        "LedgerRuleFiles", "LedgerSQLite", "LedgerFloor", hummingbird, logging,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ] + nio,
      path: "Tools/Benchmarks",
      // C, which no Swift target may hold.
      exclude: ["Floor", "Peers"],
      swiftSettings: strict
    ),

    .target(
      name: "LedgerTestSupport",
      dependencies: ["LedgerCore", "LedgerFormat", "LedgerLog"],
      path: "Tests/LedgerTestSupport",
      swiftSettings: strict
    ),
    .target(
      name: "LedgerHTTPTestSupport",
      dependencies: ["LedgerHTTP", "LedgerTestSupport", "TrialLedger", httpTypes, logging] + nio
        + lifecycle,
      path: "Tests/LedgerHTTPTestSupport",
      swiftSettings: strict
    ),
    // Every reader of bytes that others write, as Tools/fuzz and FuzzReplayTests try them.
    .target(
      name: "LedgerFuzzSupport",
      dependencies: [
        "TrialLedger", "LedgerCore", "LedgerFormat", "LedgerProof", "LedgerLog", "LedgerRuleFiles",
        "LedgerTestSupport",
      ],
      path: "Tests/LedgerFuzzSupport",
      swiftSettings: strict
    ),
    .target(
      name: "LedgerHTTPFuzzSupport",
      dependencies: [
        "TrialLedger", "LedgerCore", "LedgerFormat", "LedgerHTTP", "LedgerGitLab",
        "LedgerFuzzSupport",
      ],
      path: "Tests/LedgerHTTPFuzzSupport",
      swiftSettings: strict
    ),
    .target(
      name: "FuzzCore",
      dependencies: ["LedgerFuzzSupport"],
      path: "Tools/Fuzzing/Core",
      swiftSettings: strict
    ),
    .target(
      name: "FuzzHTTP",
      dependencies: ["LedgerFuzzSupport", "LedgerHTTPFuzzSupport"],
      path: "Tools/Fuzzing/HTTP",
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerCoreTests",
      dependencies: ["LedgerCore", "LedgerTestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerFormatTests",
      dependencies: ["LedgerCore", "LedgerFormat", "LedgerTestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerProofTests",
      dependencies: ["LedgerProof", "LedgerFormat", "LedgerTestSupport", crypto],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerLogTests",
      dependencies: [
        "LedgerCore", "LedgerFormat", "LedgerProof", "LedgerLog", "LedgerTestSupport",
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerProjectionTests",
      dependencies: ["LedgerCore", "LedgerProjection", "LedgerTestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerRuleFilesTests",
      dependencies: ["LedgerCore", "LedgerRuleFiles", "LedgerTestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerSQLiteTests",
      dependencies: ["LedgerSQLite", "LedgerTestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "TrialLedgerTests",
      dependencies: [
        "TrialLedger", "LedgerFormat", "LedgerProof", "LedgerLog", "LedgerProjection",
        "LedgerRuleFiles", "LedgerSQLite", "LedgerTestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerHTTPTests",
      dependencies: [
        "TrialLedger", "LedgerFormat", "LedgerHTTP", "LedgerHTTPTestSupport", "LedgerTestSupport",
        httpTypes, logging,
      ] + nio + tls,
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerGitLabTests",
      dependencies: [
        "trial-ledger", "TrialLedger", "LedgerFormat", "LedgerHTTP", "LedgerGitLab",
        "LedgerHTTPTestSupport",
        "LedgerCore", "LedgerRuleFiles", "LedgerTestSupport", gitLabSync, grdb, httpTypes,
        hummingbird, logging,
        .product(
          name: "JWTKit",
          package: "jwt-kit",
          condition: .when(traits: ["GitLabSync"])
        ),
      ] + nio + lifecycle,
      swiftSettings: strict
    ),
    .testTarget(
      name: "TrialLedgerClientTests",
      dependencies: [
        "TrialLedgerClient", "TrialLedger", "LedgerCore", "LedgerHTTP", "LedgerHTTPTestSupport",
        "LedgerTestSupport",
      ] + nio,
      swiftSettings: strict
    ),
    .testTarget(
      name: "LedgerRedisTests",
      dependencies: [
        "TrialLedger", "TrialLedgerClient", "LedgerHiredis", "LedgerRedis", "LedgerTestSupport",
        logging,
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "trial-ledger", "ledger-benchmarks", "TrialLedger", "LedgerFormat", "LedgerTestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "FaultTests",
      dependencies: [
        "trial-ledger", "TrialLedger", "LedgerCore", "LedgerFormat", "LedgerProof", "LedgerLog",
        "LedgerTestSupport",
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "FuzzReplayTests",
      dependencies: ["LedgerFuzzSupport", "LedgerHTTPFuzzSupport", "LedgerTestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "HouseRulesTests",
      dependencies: ["LedgerTestSupport"],
      swiftSettings: strict
    ),
  ]
)
