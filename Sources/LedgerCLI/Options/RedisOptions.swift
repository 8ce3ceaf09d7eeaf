import ArgumentParser
import Foundation
import LedgerHiredis
import LedgerRedis
import Logging
import ServiceLifecycle
import TrialLedger

/// What `serve` adds so that GitLab's cache is invalidated.
struct Invalidating: Sendable {
  /// What follows the ledger and deletes keys.
  var services: [any Service] = []
  /// How far it is; `nil` where nothing is invalidated.
  var status: (@Sendable () -> InvalidationStatus)?
}

/// In which Redis GitLab's cache is, for `serve`.
struct RedisOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Delete GitLab's cached lists in this Redis when they change.",
      valueName: "unix:/path|host:port"
    )
  )
  var redis: String?
  @Option(
    name: .customLong("redis-key"),
    help: ArgumentHelp("The key of a namespace's list; {id} is the namespace.", valueName: "text")
  )
  var key = KeyTemplate.gitLab.description
  @Option(
    name: .customLong("redis-database"),
    help: ArgumentHelp("The number of the Redis database.", valueName: "number")
  )
  var database = 0

  /// What runs beside the server; nothing where no Redis is named.
  ///
  /// - Throws: ``Failure`` for options that make no sense, or that this build cannot follow.
  func open(for ledger: Ledger, _ logger: Logger) throws -> Invalidating {
    guard let configuration = try configuration() else { return Invalidating() }
    #if Redis
    let invalidation = RedisInvalidation(
      ledger: ledger,
      configuration: configuration,
      logger: logger
    )
    return Invalidating(services: [invalidation], status: { invalidation.status })
    #else
    _ = configuration
    throw Failure(
      status: .usage,
      message:
        "this trial-ledger was built without Redis; install libhiredis-dev and build it with "
        + "`swift build --traits Redis`"
    )
    #endif
  }

  /// What the options and the environment say; `nil` when no Redis is named.
  func configuration() throws -> InvalidationConfiguration? {
    guard let redis else { return nil }
    guard let address = RedisAddress(redis) else {
      throw Failure(
        status: .usage,
        message: "--redis is '\(redis)'; it must be unix:/path or HOST:PORT, like 127.0.0.1:6379"
      )
    }
    guard let template = KeyTemplate(key) else {
      throw Failure(
        status: .usage,
        message:
          "--redis-key is '\(key)'; it must have {id} once, behind something else, and no spaces"
      )
    }
    guard (0...65_535).contains(database) else {
      throw Failure(
        status: .usage,
        message: "--redis-database is \(database); it must be 0 or more"
      )
    }
    let environment = ProcessInfo.processInfo.environment
    return InvalidationConfiguration(
      redis: RedisConfiguration(
        address: address,
        username: environment["TRIAL_LEDGER_REDIS_USERNAME"],
        password: environment["TRIAL_LEDGER_REDIS_PASSWORD"],
        database: database
      ),
      template: template
    )
  }
}
