#if Redis
import Foundation
import LedgerHiredis
import LedgerTestSupport
import Testing

@Suite("Redis connection", .enabled(if: RedisServer.isHere, "redis-server is not installed"))
struct RedisConnectionTests {
  @Test func `answers come in the order of the commands`() throws {
    let server = try RedisServer()
    var connection = try RedisConnection.open(RedisConfiguration(address: server.address))
    var pipeline = RedisPipeline()
    pipeline.append(["SET", "a", "1\r\n2"])
    pipeline.append(["GET", "a"])
    pipeline.append(["GET", "none"])
    pipeline.append(["DEL", "a", "b"])
    pipeline.append(["NONSENSE"])
    pipeline.append(["EVAL", "return {1,{'x',false}}", "0"])
    let replies = try connection.run(pipeline)
    #expect(replies[0] == .status("OK"))
    #expect(replies[1] == .bytes(Array("1\r\n2".utf8)))
    #expect(replies[2] == .null)
    #expect(replies[3] == .integer(1))
    #expect(throws: RedisError.self) { try replies[4].accepted() }
    #expect(replies[5] == .array([.integer(1), .array([.bytes([0x78]), .null])]))
  }

  @Test func `a long pipeline is neither cut nor stuck`() throws {
    let server = try RedisServer()
    var connection = try RedisConnection.open(RedisConfiguration(address: server.address))
    var pipeline = RedisPipeline()
    for number in 0..<20_000 { pipeline.append(["SET", "key:\(number)", "\(number)"]) }
    #expect(try connection.run(pipeline).count == 20_000)
    #expect(try server.run("DBSIZE") == .integer(20_000))
  }

  @Test func `the password is shown, also of a user`() throws {
    let server = try RedisServer([
      "--requirepass", "secret", "--user", "ledger", "on", ">other", "~*", "+@all",
    ])
    var configuration = RedisConfiguration(address: server.address)
    #expect(throws: RedisError.refused("NOAUTH Authentication required.")) {
      _ = try RedisConnection.open(configuration)
    }
    configuration.password = "wrong"
    #expect(throws: RedisError.self) { _ = try RedisConnection.open(configuration) }
    configuration.password = "secret"
    _ = try RedisConnection.open(configuration)
    (configuration.username, configuration.password) = ("ledger", "other")
    _ = try RedisConnection.open(configuration)
  }

  @Test func `nobody at the address is said so`() throws {
    let folder = try TemporaryFolder()
    let address = RedisAddress.unix(path: folder.path + "/none.sock")
    do throws(RedisError) {
      _ = try RedisConnection.open(RedisConfiguration(address: address))
      Issue.record("connected to nothing")
    } catch {
      guard case .unreachable = error else { throw error }
      #expect(String(describing: error).contains(folder.path))
    }
  }

  @Test func `a Redis that stands still is waited for only so long`() throws {
    let server = try RedisServer()
    var connection = try RedisConnection.open(
      RedisConfiguration(address: server.address, replyTimeout: .milliseconds(50))
    )
    server.signal(SIGSTOP)
    defer { server.signal(SIGCONT) }
    var pipeline = RedisPipeline()
    pipeline.append(["PING"])
    var thrown: RedisError?
    do throws(RedisError) { _ = try connection.run(pipeline) } catch { thrown = error }
    #expect(thrown == .timedOut(address: String(describing: server.address)))
    let isBroken = connection.isBroken
    #expect(isBroken)
  }

  @Test func `a connection that broke says so, without a signal`() throws {
    let server = try RedisServer()
    var connection = try RedisConnection.open(RedisConfiguration(address: server.address))
    server.kill()
    var pipeline = RedisPipeline()
    pipeline.append(["PING"])
    for _ in 0..<2 {
      var thrown: RedisError?
      do throws(RedisError) { _ = try connection.run(pipeline) } catch { thrown = error }
      guard case .disconnected = thrown else {
        Issue.record("\(String(describing: thrown))")
        return
      }
    }
  }
}
#endif
