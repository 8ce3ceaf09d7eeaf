#if Redis
import Foundation
import LedgerHiredis
import LedgerTestSupport
import Logging
import TrialLedger
import Testing

@testable import LedgerRedis

/// With a real Redis: no key is left whose answer changed.
@Suite(
  "Redis invalidation",
  .enabled(if: RedisServer.isHere, "redis-server is not installed"),
  .serialized
)
struct RedisInvalidationTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// How long a key may be wrong: the long size, which is run by itself, holds the second; beside
  /// hundreds of tests that block the few threads of tasks, this is only a bound for hanging.
  private static let patience = Duration.seconds(longTests ? 1 : 60)

  @Test(.timeLimit(.minutes(10)))
  func `no key outlives a change of its answer, whatever Redis and this process go through`()
    async throws
  {
    let server = try RedisServer(["--save", "3600 1"])
    var world = try CacheWorld(at: folder.path + "/ledger", server: server, seed: 7)
    let changeCount = longTests ? 10_000 : 400
    var run = 0
    var delays: [Duration] = []
    while world.changeCount < changeCount {
      run += 1
      let invalidation = invalidation(world)
      var start = ContinuousClock.now
      let task = Task { await invalidation.run() }
      for step in 0..<12 {
        try world.fillCache()
        if run.isMultiple(of: 3), step == 4 { try server.run("SAVE") }
        if run.isMultiple(of: 3), step == 8 {
          // What was deleted since the copy was saved is there again afterwards.
          server.kill()
          try world.step()
          start = .now
          try server.start()
        } else if run.isMultiple(of: 5), step == 6 {
          server.signal(SIGSTOP)
          try world.step()
          start = .now
          server.signal(SIGCONT)
        } else {
          try world.step()
        }
        delays += try await expectRight(&world, since: start, invalidation)
      }
      task.cancel()
      await task.value
      // While nobody invalidates.
      try world.fillCache()
      try world.step()
      if run.isMultiple(of: 2) { try server.run("FLUSHALL") }
    }
    delays.sort()
    let slowest = try #require(delays.last)
    #expect(slowest < Self.patience)
    if longTests {
      let places = [50, 99].map { "p\($0) \(delays[delays.count * $0 / 100])" }
      print("\(delays.count) changes, seen right after: \(places), slowest \(slowest)")
    }
    try world.ledger.close()
  }

  @Test func `other systems' keys are left alone, also by a sweep`() async throws {
    let server = try RedisServer()
    let world = try CacheWorld(at: folder.path + "/ledger", server: server, seed: 1)
    for key in ["cache:gitlab:namespaces:eligible_trials:x", "cache:gitlab:users:1", "other:1"] {
      try server.run("SET", key, "1")
    }
    for id in 1...3_000 {
      try server.run("SET", "cache:gitlab:namespaces:eligible_trials:\(id)", "")
    }
    let invalidation = invalidation(world)
    let task = Task { await invalidation.run() }
    defer { task.cancel() }
    // Nothing is known of this Redis at first, so all is deleted.
    try await eventually { invalidation.status.sweepCount >= 1 }
    #expect(invalidation.status.deletedKeyCount == 3_000)
    #expect(try server.run("EXISTS", "other:1", "cache:gitlab:users:1") == .integer(2))
    #expect(try server.run("EXISTS", "cache:gitlab:namespaces:eligible_trials:x") == .integer(1))
    task.cancel()
    await task.value
    try world.ledger.close()
  }

  @Test func `a sweep holds Redis up for a thousand keys at a time, whatever else it holds`()
    async throws
  {
    let server = try RedisServer()
    let world = try CacheWorld(at: folder.path + "/ledger", server: server, seed: 2)
    let foreignCount = longTests ? 1_000_000 : 20_000
    try server.run("DEBUG", "POPULATE", "\(foreignCount)", "cache:gitlab:users")
    for id in 1...100 {
      try server.run("SET", "cache:gitlab:namespaces:eligible_trials:\(id)", "")
    }
    try server.run("CONFIG", "RESETSTAT")
    let began = ContinuousClock.now
    let invalidation = invalidation(world)
    let task = Task { await invalidation.run() }
    try await eventually { invalidation.status.sweepCount >= 1 }
    let time = ContinuousClock.now - began
    #expect(invalidation.status.deletedKeyCount == 100)
    let stats = String(
      decoding: try server.run("INFO", "commandstats").bytes(upTo: 100_000) ?? [],
      as: UTF8.self
    )
    let scan = try #require(
      stats.firstMatch(of: #/cmdstat_scan:calls=(\d+),usec=(\d+),usec_per_call=([0-9.]+)/#)
    )
    let callCount = try #require(Int(scan.1))
    // Each looks at a thousand buckets of the table, which has at most twice as many as keys.
    #expect((foreignCount / 2_000...foreignCount * 5 / 1_000 + 20).contains(callCount))
    if longTests {
      print("\(foreignCount) keys: \(callCount) SCAN in \(time), \(scan.3) µs of Redis each")
    }
    task.cancel()
    await task.value
    try world.ledger.close()
  }

  @Test func `a key that GitLab sets just after the deletion is deleted again`() async throws {
    let server = try RedisServer()
    var world = try CacheWorld(at: folder.path + "/ledger", server: server, seed: 3)
    let invalidation = RedisInvalidation(
      ledger: world.ledger,
      configuration: InvalidationConfiguration(
        redis: RedisConfiguration(address: server.address),
        graces: [.milliseconds(300)]
      ),
      logger: .silent
    )
    let task = Task { await invalidation.run() }
    try await eventually { invalidation.status.sweepCount >= 2 }
    while world.changeCount == 0 { try world.step() }
    try await eventually {
      invalidation.status.behindSince == nil && invalidation.status.changeCount > 0
    }
    // What it heard before the change.
    for id in CacheWorld.ids {
      try server.run("SET", "cache:gitlab:namespaces:eligible_trials:\(id)", "old")
    }
    let count = invalidation.status.deletedKeyCount
    try await eventually { invalidation.status.deletedKeyCount > count }
    try await eventually { invalidation.status.waitingCount == 0 }
    task.cancel()
    await task.value
    try world.ledger.close()
  }

  @Test func `a Redis that refuses, or holds something else, is said so and tried again`()
    async throws
  {
    let server = try RedisServer()
    var world = try CacheWorld(at: folder.path + "/ledger", server: server, seed: 5)
    try server.run("LPUSH", KeyStore.placeKey(of: .gitLab), "no place")
    try server.run("LPUSH", "cache:gitlab:namespaces:eligible_trials:1", "no list")
    let invalidation = invalidation(world)
    let task = Task { await invalidation.run() }
    try await eventually { invalidation.status.deletedKeyCount == 1 }
    try server.run("CONFIG", "SET", "requirepass", "secret")
    server.kill()
    let strict = try RedisServer(["--requirepass", "secret"])
    let refused = RedisInvalidation(
      ledger: world.ledger,
      configuration: InvalidationConfiguration(redis: RedisConfiguration(address: strict.address)),
      logger: .silent
    )
    let other = Task { await refused.run() }
    try await eventually { refused.status.lastError?.contains("NOAUTH") ?? false }
    try await eventually { invalidation.status.lastError?.contains("reached") ?? false }
    try world.step()
    try server.start()
    try await eventually {
      invalidation.status.isConnected && invalidation.status.behindSince == nil
    }
    for task in [task, other] {
      task.cancel()
      await task.value
    }
    #expect(refused.status.connectionCount == 0)
    try world.ledger.close()
  }

  private func invalidation(_ world: CacheWorld) -> RedisInvalidation {
    RedisInvalidation(
      ledger: world.ledger,
      configuration: InvalidationConfiguration(
        redis: RedisConfiguration(address: world.server.address)
      ),
      logger: .silent
    )
  }

  /// Waits until no key is wrong.
  ///
  /// - Returns: For each key that had changed how long after its change it was seen right.
  private func expectRight(
    _ world: inout CacheWorld,
    since start: ContinuousClock.Instant,
    _ invalidation: RedisInvalidation
  ) async throws -> [Duration] {
    var delays: [Duration] = []
    while true {
      let (settled, wrong) = try world.look(since: start)
      delays += settled
      guard let longest = wrong.values.max() else { return delays }
      if longest > Self.patience {
        Issue.record("\(wrong.keys.sorted()) are wrong for \(longest): \(invalidation.status)")
        return delays + [longest]
      }
      await Task.yield()
    }
  }
}

/// Looks again and again until something holds.
func eventually(
  within patience: Duration = .seconds(30),
  _ condition: () throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + patience
  while try !condition() {
    if ContinuousClock.now > deadline {
      Issue.record("it did not come to hold within \(patience)")
      return
    }
    await Task.yield()
  }
}

extension Logger {
  static var silent: Logger { Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() } }
}
#endif
