import Foundation
import LedgerTestSupport
import Testing

@testable import TrialLedger

/// Who has a file locked, as the system tells it.
@Suite("Holder of a lock")
struct LockHolderTests {
  @Test func `is found however many locks there are`() throws {
    let folder = try TemporaryFolder()
    // The list of so many fills several pages, and the system hands out one at a time.
    let paths = (0..<300).map { "\(folder.path)/\($0)" }
    var descriptors: [Int32] = []
    defer { for descriptor in descriptors { close(descriptor) } }
    for path in paths {
      // Sound: the call reads the path, which outlives it.
      let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      try #require(descriptor >= 0)
      descriptors.append(descriptor)
      try #require(flock(descriptor, LOCK_EX) == 0)
    }
    let own = Int(getpid())
    #expect(paths.filter { Machine.lockHolder($0) != own } == [])
  }

  @Test func `is nobody where nobody has it`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/free"
    try Data().write(to: URL(filePath: path))
    #expect(Machine.lockHolder(path) == nil)
    #expect(Machine.lockHolder("\(folder.path)/none") == nil)
  }
}
