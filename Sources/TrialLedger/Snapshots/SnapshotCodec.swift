import LedgerFormat
import LedgerProjection
import LedgerSQLite
import Synchronization

/// Why a snapshot is not used; the log is folded instead.
enum SnapshotProblem: Error {
  case store(SnapshotStoreError)
  case content(String)

  var description: String {
    switch self {
    case .store(let error): error.description
    case .content(let reason): reason
    }
  }
}

/// Header and parts of a projection's snapshot as they are kept.
///
/// Every part ends with a CRC-32C of its own, which its reader checks, and names its number and
/// size; so none is taken for another.
enum SnapshotCodec {
  /// The version of the encoding: that of ``ProjectionSnapshot``, each part an LZ4 block.
  static let format = 1
  /// No LZ4 block decodes to more than so many times its bytes.
  private static let expansionMax = 256
  /// No part is larger.
  private static let partByteCountMax = 1 << 30

  /// A part, compressed where that helps.
  static func encode(_ bytes: [UInt8]) -> StoredPart {
    var block: [UInt8] = []
    guard LZ4Block.compress(bytes.span, to: &block) else {
      return StoredPart(bytes: bytes, decodedByteCount: bytes.count)
    }
    return StoredPart(bytes: block, decodedByteCount: bytes.count)
  }

  /// Parts `range` of a snapshot, encoded by all of `threads`.
  static func encode(
    _ range: Range<Int>,
    of snapshot: ProjectionSnapshot,
    _ threads: Threads
  ) -> [StoredPart] {
    let next = Atomic(range.lowerBound)
    let parts = Mutex<[Int: StoredPart]>([:])
    threads.run(min(threads.count, range.count)) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < range.upperBound else { break }
        let part = encode(snapshot.part(index))
        parts.withLock { $0[index] = part }
      }
    }
    return parts.withLock { parts in range.compactMap { parts[$0] } }
  }

  /// The projection whose header and parts a store has.
  ///
  /// - Parameters:
  ///   - record: Which.
  ///   - store: Where it is.
  ///   - threads: Who decodes.
  ///   - makeStore: Opens the store once more, for another thread.
  /// - Returns: The projection, at the record's size.
  /// - Throws: ``SnapshotProblem`` when anything about it is not as it should be.
  static func decode(
    _ record: SnapshotRecord,
    in store: SnapshotStore,
    _ threads: Threads,
    makeStore: @Sendable () throws(SnapshotStoreError) -> SnapshotStore?
  ) throws(SnapshotProblem) -> Projection {
    let header: [UInt8]?
    do { header = try store.header(of: record.id) } catch { throw .store(error) }
    guard let header else { throw .content("it has been dropped meanwhile") }
    var reader: ProjectionSnapshotReader
    do {
      reader = try ProjectionSnapshotReader(header: header.span)
    } catch {
      throw .content(error.description)
    }
    guard reader.size == record.size, reader.partCount == record.partCount else {
      throw .content("the snapshot is damaged: its header belongs to another")
    }
    let next = Atomic(0)
    let gathered = Mutex<Result<[ProjectionSnapshotReader.Part], SnapshotProblem>>(.success([]))
    let frozen = reader
    threads.run(min(threads.count, max(1, record.partCount))) { thread in
      do throws(SnapshotProblem) {
        let own: SnapshotStore?
        do throws(SnapshotStoreError) {
          own = thread == 0 ? store : try makeStore()
        } catch {
          throw .store(error)
        }
        guard let own else { throw .content("it has been removed meanwhile") }
        defer { if thread != 0 { try? own.close() } }
        var buffer: [UInt8] = []
        while case .success = gathered.withLock({ $0 }) {
          let number = next.add(1, ordering: .relaxed).oldValue
          guard number < record.partCount else { break }
          let part = try decodePart(number, of: record, in: own, frozen, &buffer)
          gathered.withLock { gathered in
            guard case .success(var parts) = gathered else { return }
            gathered = .success([])
            parts.append(part)
            gathered = .success(parts)
          }
        }
      } catch {
        gathered.withLock { $0 = .failure(error) }
      }
    }
    for part in try gathered.withLock({ $0 }).get() {
      do { try reader.add(part) } catch { throw .content(error.description) }
    }
    do { return try reader.finish() } catch { throw .content(error.description) }
  }

  private static func decodePart(
    _ number: Int,
    of record: SnapshotRecord,
    in store: SnapshotStore,
    _ reader: ProjectionSnapshotReader,
    _ buffer: inout [UInt8]
  ) throws(SnapshotProblem) -> ProjectionSnapshotReader.Part {
    let result: Result<ProjectionSnapshotReader.Part, SnapshotProblem>?
    do {
      result = try store.withPart(number, of: record.id) { bytes, decodedByteCount in
        do throws(SnapshotError) {
          if bytes.count == decodedByteCount { return .success(try reader.read(bytes)) }
          guard decodedByteCount > bytes.count, decodedByteCount <= partByteCountMax,
            decodedByteCount / expansionMax <= bytes.count,
            LZ4Block.decompress(bytes, byteCount: decodedByteCount, into: &buffer)
          else { return .failure(.content("the snapshot is damaged: a part does not decode")) }
          return .success(try reader.read(buffer.span))
        } catch {
          return .failure(.content(error.description))
        }
      }
    } catch {
      throw .store(error)
    }
    guard let result else { throw .content("the snapshot is damaged: a part is missing") }
    return try result.get()
  }
}
