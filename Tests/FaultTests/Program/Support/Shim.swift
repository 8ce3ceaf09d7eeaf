import Foundation
import LedgerTestSupport

/// `Tools/Shims/shim.c`, compiled: makes reads and writes short, or ends the process inside one.
final class Shim {
  private let place: TemporaryFolder

  init() throws {
    place = try TemporaryFolder()
    let source = packageFolder.appending(path: "Tools/Shims/shim.c").path
    let process = ChildProcess()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw NotCompiled() }
  }

  /// The environment of a program that runs with it.
  func environment(_ settings: [String: String]) -> [String: String] {
    settings.merging(["LD_PRELOAD": library]) { $1 }
  }

  private var library: String { place.path + "/shim.so" }

  private struct NotCompiled: Error {}
}
