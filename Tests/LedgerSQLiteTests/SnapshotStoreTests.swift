import Foundation
import LedgerSQLite
import LedgerTestSupport
import Testing

/// A file of snapshots as such; what is in them, its user knows.
@Suite("File of snapshots")
struct SnapshotStoreTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/snapshots.sqlite" }

  init() throws {
    folder = try TemporaryFolder()
  }

  private func draft(_ size: Int, generation: Int? = 1, parts: Int = 2) -> SnapshotDraft {
    SnapshotDraft(
      generation: generation,
      format: 1,
      identity: [UInt8](repeating: 7, count: 16),
      size: size,
      root: [UInt8](repeating: UInt8(size & 255), count: 32),
      header: [1, 2, 3],
      partCount: parts,
      takenAt: 5
    )
  }

  private func part(_ byte: UInt8) -> StoredPart {
    StoredPart(bytes: [UInt8](repeating: byte, count: 100_000), decodedByteCount: 200_000)
  }

  private func open() throws -> SnapshotStore {
    try #require(try SnapshotStore.open(at: path, for: .writing))
  }

  private func take(_ size: Int, generation: Int? = 1, in store: SnapshotStore) throws -> Int64 {
    let id = try store.begin(draft(size, generation: generation))
    try store.append([part(1)], from: 0, to: id)
    try store.append([part(2)], from: 1, to: id)
    try store.complete(id)
    return id
  }

  @Test(.tags(.snapshot)) func `the tables are those of the golden file`() throws {
    let store = try open()
    expectSnapshot(of: try store.schema(), at: "SQLite/snapshots.sql")
    try store.close()
  }

  @Test func `what was written is read again, also by another opening`() throws {
    let store = try open()
    let id = try take(10, in: store)
    let reading = try #require(try SnapshotStore.open(at: path, for: .reading))
    for store in [store, reading] {
      let record = try #require(try store.contents().serving.first)
      #expect(record.id == id && record.size == 10 && record.partCount == 2)
      #expect(record.identity == draft(10).identity && record.root == draft(10).root)
      #expect(record.storedByteCount == 200_003 && record.takenAt == 5)
      #expect(try store.header(of: id) == [1, 2, 3])
      let second = try store.withPart(1, of: id) { bytes, count in
        (bytes.count, bytes[99_999], count)
      }
      #expect(try #require(second) == (100_000, 2, 200_000))
      #expect(try store.withPart(2, of: id) { _, _ in true } == nil)
    }
    try reading.close()
    try store.close()
    #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
  }

  @Test func `one that was begun and not ended does not count, and goes with the next`() throws {
    let store = try open()
    let first = try store.begin(draft(10))
    try store.append([part(1)], from: 0, to: first)
    #expect(throws: SnapshotStoreError.superseded) { try store.complete(first) }
    #expect(try store.contents().records.isEmpty)
    let second = try take(20, in: store)
    #expect(try store.contents().records.map(\.id) == [second])
    #expect(throws: SnapshotStoreError.superseded) {
      try store.append([part(1)], from: 1, to: first)
    }
    #expect(try store.withPart(0, of: first) { _, _ in true } == nil)
    try store.close()
  }

  @Test func `a new generation serves at once, and can be undone or kept`() throws {
    let store = try open()
    let old = try take(10, in: store)
    let interrupted = try store.begin(draft(11, generation: nil))
    #expect(try store.contents().serving.map(\.id) == [old])
    #expect(try !store.restoreFormer())
    _ = interrupted
    let new = try take(11, generation: nil, in: store)
    #expect(try store.contents().serving.map(\.id) == [new])
    #expect(try store.contents().formerGeneration == 1)
    #expect(try store.restoreFormer())
    #expect(try store.contents().serving.map(\.id) == [old])
    #expect(try store.contents().records.count == 1)
    #expect(try !store.restoreFormer())
    let newer = try take(12, generation: nil, in: store)
    #expect(try store.releaseFormer())
    #expect(try store.contents().records.map(\.id) == [newer])
    #expect(try !store.restoreFormer())
    try store.close()
  }

  @Test func `a file that is none of ours is named, and never used`() throws {
    #expect(try SnapshotStore.open(at: path, for: .reading).map { _ in true } == nil)
    try Data("something else entirely, and long enough to be read".utf8)
      .write(to: URL(filePath: path))
    for access in [SnapshotStore.Access.reading, .writing] {
      #expect(throws: SnapshotStoreError.self) { try SnapshotStore.open(at: path, for: access) }
    }
    try SnapshotStore.remove(at: path)
    let store = try open()
    _ = try take(10, in: store)
    try store.close()
    // The version stands at byte 60 of the file's header, big-endian.
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    bytes[63] = 9
    try Data(bytes).write(to: URL(filePath: path))
    for access in [SnapshotStore.Access.reading, .writing] {
      #expect(throws: SnapshotStoreError.otherVersion(9)) {
        try SnapshotStore.open(at: path, for: access)
      }
    }
  }

  @Test func `a file in a folder that cannot be written is read all the same`() throws {
    let store = try open()
    _ = try take(10, in: store)
    try store.close()
    let manager = FileManager.default
    try manager.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
    try manager.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    defer { try? manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path) }
    let reading = try #require(try SnapshotStore.open(at: path, for: .reading))
    #expect(try reading.contents().records.count == 1)
    try reading.close()
  }
}
