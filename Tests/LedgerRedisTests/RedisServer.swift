#if Redis
import Foundation
import LedgerHiredis
import LedgerTestSupport
import Synchronization

/// A real redis-server on a socket in a folder of its own; it ends with the value.
final class RedisServer: Sendable {
  /// Whether Debian's package is here.
  static let isHere = path != nil
  /// Why tests that need it do not run where it is not.
  static let absence = "redis-server is not installed"

  private static let path = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  private let folder: TemporaryFolder
  private let options: [String]
  private let process = Mutex<ChildProcess?>(nil)

  /// The address of the socket.
  let address: RedisAddress

  /// Starts a server with further options, such as `["--requirepass", "secret"]`.
  init(_ options: [String] = []) throws {
    folder = try TemporaryFolder()
    self.options = options
    address = .unix(path: folder.path + "/redis.sock")
    try start()
  }

  deinit { kill() }

  /// Starts it, again after ``kill()``, and waits until it takes connections; data that were saved are
  /// there again.
  func start() throws {
    let process = ChildProcess()
    process.executableURL = URL(filePath: Self.path ?? "redis-server")
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.arguments =
      ["--port", "0", "--unixsocket", folder.path + "/redis.sock", "--dir", folder.path]
      + ["--save", "", "--daemonize", "no", "--enable-debug-command", "yes"] + options
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process.withLock { $0 = process }
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      do throws(RedisError) {
        _ = try RedisConnection.open(RedisConfiguration(address: address))
        return
      } catch .refused(let reason) where reason.hasPrefix("NOAUTH") {
        return
      } catch {
        if ContinuousClock.now > deadline { throw error }
        // It says by its socket that it is there; there is nothing else to wait for.
        sched_yield()
      }
    }
  }

  /// Ends it at once, as SIGKILL does; what was not saved is gone.
  func kill() {
    process.withLock { process in
      guard let running = process.take() else { return }
      Foundation.kill(running.processIdentifier, SIGKILL)
      running.waitUntilExit()
    }
  }

  /// Sends it a signal.
  func signal(_ number: Int32) {
    process.withLock { process in
      if let process { _ = Foundation.kill(process.processIdentifier, number) }
    }
  }

  /// Runs one command on a connection of its own.
  @discardableResult
  func run(_ words: String...) throws -> RedisReply {
    var connection = try RedisConnection.open(RedisConfiguration(address: address))
    var pipeline = RedisPipeline()
    pipeline.append(words)
    return try connection.run(pipeline)[0].accepted()
  }
}
#endif
