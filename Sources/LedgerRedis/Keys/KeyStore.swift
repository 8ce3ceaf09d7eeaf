#if Redis
import LedgerCore
import LedgerHiredis

/// The keys in one Redis that a template makes, and the place that they are known to be right up to.
///
/// The place is kept in Redis itself, beside the keys: whatever becomes of its data, restored from an
/// old copy, lost, or taken over by a replica, the two fit together. A place that is too old only
/// means that keys are deleted once more.
struct KeyStore: ~Copyable {
  /// The most keys of one command.
  static let keysOfCommandCountMax = 1_000
  /// The most keys that are deleted in one round trip.
  static let keysOfPipelineCountMax = 16_000
  /// How many keys Redis shall look at in one step of a sweep.
  static let sweepStepCount = 1_000

  private var connection: RedisConnection
  private let template: KeyTemplate
  private let placeKey: String
  /// `UNLINK`, or `DEL` for a Redis before 4.
  private var command = "UNLINK"

  init(_ connection: consuming RedisConnection, _ template: KeyTemplate) {
    self.connection = connection
    self.template = template
    placeKey = Self.placeKey(of: template)
  }

  /// The key of the place: one for each template, as the keys of others are none of its business.
  static func placeKey(of template: KeyTemplate) -> String {
    "trial-ledger:invalidated:\(template)"
  }

  /// The place that was kept last; `nil` when there is none.
  mutating func keptPlace() throws(RedisError) -> String? {
    var pipeline = RedisPipeline()
    pipeline.append(["GET", placeKey])
    let replies = try connection.run(pipeline)
    do {
      return try replies[0].bytes(upTo: 256).map { String(decoding: $0, as: UTF8.self) }
    } catch .unexpected {
      return nil
    } catch .refused(let reason) where reason.hasPrefix("WRONGTYPE") {
      // Somebody else's value: as good as none, and written over by the next place.
      return nil
    } catch {
      throw error
    }
  }

  /// Keeps a place.
  mutating func keep(place: String) throws(RedisError) {
    var pipeline = RedisPipeline()
    pipeline.append(["SET", placeKey, place])
    _ = try connection.run(pipeline)[0].accepted()
  }

  /// Deletes the keys of namespaces.
  ///
  /// - Returns: How many there were.
  /// - Precondition: At most ``keysOfPipelineCountMax`` ids.
  mutating func delete(_ ids: some Collection<Int64>) throws(RedisError) -> Int {
    precondition(ids.count <= Self.keysOfPipelineCountMax, "too many keys for a round trip")
    return try delete(keys: ids.map { template.prefix + Array(String($0).utf8) + template.suffix })
  }

  private mutating func delete(keys: [[UInt8]]) throws(RedisError) -> Int {
    guard !keys.isEmpty else { return 0 }
    var pipeline = RedisPipeline()
    var rest = keys[...]
    while !rest.isEmpty {
      pipeline.append([Array(command.utf8)] + rest.prefix(Self.keysOfCommandCountMax))
      rest = rest.dropFirst(Self.keysOfCommandCountMax)
    }
    var count = 0
    for reply in try connection.run(pipeline) {
      do {
        count += try reply.integer()
      } catch .refused(let reason) where command == "UNLINK" && isUnknownCommand(reason) {
        command = "DEL"
        return try delete(keys: keys)
      }
    }
    return count
  }

  /// Goes one step through all keys of the database and deletes those that the template makes.
  ///
  /// Redis promises that a walk from 0 to 0 sees every key that is there throughout.
  ///
  /// - Parameter cursor: Where to go on; 0 is the beginning.
  /// - Returns: Where to go on, 0 being the end; how many were deleted.
  /// - Throws: ``RedisError``; then the walk begins at 0 again.
  mutating func sweepStep(
    from cursor: UInt64
  ) throws(RedisError) -> (next: UInt64, deletedCount: Int) {
    var pipeline = RedisPipeline()
    pipeline.append([
      Array("SCAN".utf8), Array(String(cursor).utf8), Array("MATCH".utf8), template.pattern,
      Array("COUNT".utf8), Array(String(Self.sweepStepCount).utf8),
    ])
    let parts = try connection.run(pipeline)[0].elements()
    guard parts.count == 2, case .bytes(let digits) = parts[0],
      let next = UInt64(String(decoding: digits, as: UTF8.self))
    else { throw .unexpected("SCAN did not answer with a cursor and keys") }
    var keys: [[UInt8]] = []
    for element in try parts[1].elements() {
      guard case .bytes(let key) = element else { throw .unexpected("a key that is no bytes") }
      if template.namespaceID(of: key) != nil { keys.append(key) }
    }
    var deletedCount = 0
    var rest = keys[...]
    while !rest.isEmpty {
      deletedCount += try delete(keys: Array(rest.prefix(Self.keysOfPipelineCountMax)))
      rest = rest.dropFirst(Self.keysOfPipelineCountMax)
    }
    return (next, deletedCount)
  }
}

private func isUnknownCommand(_ reason: String) -> Bool {
  reason.lowercased().contains("unknown command")
}
#endif
