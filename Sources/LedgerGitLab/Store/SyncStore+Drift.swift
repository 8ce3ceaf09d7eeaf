internal import GRDB
package import LedgerCore

/// What a comparison looked at, so that what it found takes the place of what was known of that.
package enum ComparedScope: Sendable {
  /// All subscriptions that GitLab holds, or all purchases of add-ons, or both.
  case all(subscriptions: Bool, addOns: Bool)
  /// Of some namespaces.
  case some(Set<NamespaceID>, subscriptions: Bool, addOns: Bool)
}

extension SyncStore {
  /// Notes where GitLab holds something else than it should.
  ///
  /// What was known of the same parts is forgotten; each counts until it is pushed.
  ///
  /// - Parameters:
  ///   - drift: What was found.
  ///   - scope: What was looked at.
  ///   - comparedCount: How many namespaces that were.
  ///   - now: The present.
  /// - Throws: ``SyncStoreError``; then nothing was noted.
  package func note(
    _ drift: [Drift],
    in scope: ComparedScope,
    comparedCount: Int,
    now: Instant
  ) throws(SyncStoreError) {
    try write { db in
      switch scope {
      case .all(let subscriptions, let addOns):
        try Self.forget(db, subscriptions, addOns, "")
        try db.execute(
          sql: "INSERT OR REPLACE INTO comparison VALUES (1, ?, ?)",
          arguments: [now.milliseconds, comparedCount]
        )
      case .some(let ids, let subscriptions, let addOns):
        for id in ids {
          try Self.forget(db, subscriptions, addOns, " AND namespace_id = \(id.rawValue)")
        }
      }
      for one in drift {
        try db.execute(
          sql: "INSERT OR REPLACE INTO drift VALUES (?, ?, ?)",
          arguments: [one.id.rawValue, one.part.name, one.kind.rawValue]
        )
      }
    }
  }

  private static func forget(
    _ db: Database,
    _ subscriptions: Bool,
    _ addOns: Bool,
    _ condition: String
  ) throws {
    let name = PushedPart.Kind.subscription.name
    if subscriptions {
      try db.execute(sql: "DELETE FROM drift WHERE part = '\(name)'" + condition)
    }
    if addOns { try db.execute(sql: "DELETE FROM drift WHERE part <> '\(name)'" + condition) }
  }

  /// The namespaces of each kind of drift.
  static func driftCounts(_ db: Database) throws -> [Drift.Kind: Int] {
    var counts: [Drift.Kind: Int] = [:]
    for row in try Row.fetchAll(
      db,
      sql: "SELECT kind, count(DISTINCT namespace_id) FROM drift GROUP BY kind"
    ) {
      // A kind of a later version is none that can be told of.
      let name = try row.decode(String.self, atIndex: 0)
      guard let kind = Drift.Kind(rawValue: name) else { continue }
      counts[kind] = try row.decode(Int.self, atIndex: 1)
    }
    return counts
  }
}

extension SyncStore {
  /// What GitLab is told beside what the ledger knows, as the service was started last; that of a new
  /// file is the default.
  package func pushOptions() throws(SyncStoreError) -> PushOptions {
    try read { db in PushOptions(texts: try Self.content(db)) }
  }

  /// Notes what GitLab is told beside what the ledger knows; where that is something else than before,
  /// all namespaces that were ever pushed are looked at again.
  ///
  /// - Returns: How many those are.
  package func adopt(_ options: PushOptions, now: Instant) throws(SyncStoreError) -> Int {
    try write { db in
      let known = try Self.content(db)
      guard known != options.texts else { return 0 }
      try db.execute(sql: "DELETE FROM content")
      for (name, value) in options.texts {
        try db.execute(sql: "INSERT INTO content VALUES (?, ?)", arguments: [name, value])
      }
      // A file of a version that noted nothing was pushed with what nobody knows; most likely the same.
      guard !known.isEmpty else { return 0 }
      let ids = try Int64.fetchAll(db, sql: "SELECT DISTINCT namespace_id FROM pushed")
      for id in ids { try Self.touch(db, NamespaceID(unchecked: id), .options, now) }
      return ids.count
    }
  }

  private static func content(_ db: Database) throws -> [String: String] {
    var content: [String: String] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT name, value FROM content") {
      content[try row.decode(String.self, atIndex: 0)] = try row.decode(String.self, atIndex: 1)
    }
    return content
  }
}

extension PushOptions {
  /// By name, as the file has them.
  fileprivate var texts: [String: String] {
    var texts = ["add_on_quantity": String(addOnQuantity)]
    if let seats { texts["seats"] = String(seats) }
    if let isAutoRenewed { texts["auto_renew"] = String(isAutoRenewed) }
    return texts
  }

  fileprivate init(texts: [String: String]) {
    self.init()
    if let quantity = texts["add_on_quantity"].flatMap({ Int($0) }) { addOnQuantity = quantity }
    seats = texts["seats"].flatMap { Int($0) }
    isAutoRenewed = texts["auto_renew"].flatMap { Bool($0) }
  }
}
