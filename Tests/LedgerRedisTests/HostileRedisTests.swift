#if Redis
import Foundation
import LedgerHiredis
import LedgerTestSupport
import Synchronization
import Testing

/// Who answers need not be a Redis.
@Suite("Hostile Redis")
struct HostileRedisTests {
  @Test(arguments: [
    "HTTP/1.1 400 Bad Request\r\n\r\n", "*2147483647\r\n", "*100001\r\n:1\r\n", "*-7\r\n",
    "$-2\r\n", "$99999999999999999999\r\n", ":99999999999999999999\r\n", "\u{0}\u{0}\r\n", "?1\r\n",
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "+OK\r\n+OK\r\n!!\r\n",
    "+P", "",
  ])
  func `an answer that is none closes the connection`(answer: String) throws {
    let server = try PretendedRedis(answering: Array(answer.utf8))
    var configuration = RedisConfiguration(address: server.address)
    configuration.database = 3
    configuration.connectTimeout = .milliseconds(300)
    #expect(throws: RedisError.self) {
      var connection = try RedisConnection.open(configuration)
      var pipeline = RedisPipeline()
      pipeline.append(["PING"])
      _ = try connection.run(pipeline, within: .milliseconds(300))[0].integer()
    }
  }

  @Test func `an answer without an end is not kept in memory`() throws {
    let head = Array("$1000000000\r\n".utf8)
    let server = try PretendedRedis(
      answering: head + [UInt8](repeating: 0x78, count: RedisReply.byteCountMax + (1 << 20))
    )
    var configuration = RedisConfiguration(address: server.address)
    configuration.connectTimeout = .seconds(20)
    var thrown: RedisError?
    do throws(RedisError) { _ = try RedisConnection.open(configuration) } catch { thrown = error }
    guard case .unexpected = thrown else {
      Issue.record("\(String(describing: thrown))")
      return
    }
  }
}

/// A socket at which the first client is told the same whatever it says.
private final class PretendedRedis: Sendable {
  let address: RedisAddress
  private let folder: TemporaryFolder
  private let listener: Int32

  init(answering answer: [UInt8]) throws {
    folder = try TemporaryFolder()
    let path = folder.path + "/pretended.sock"
    address = .unix(path: path)
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    // Sound: the path is shorter than the field, and the address is the field's struct.
    unsafe withUnsafeMutableBytes(of: &name.sun_path) { field in
      unsafe field.copyBytes(from: Array(path.utf8).prefix(field.count - 1))
    }
    let isListening = unsafe withUnsafePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(listener, address, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    try #require(isListening && listen(listener, 1) == 0)
    Thread.detachNewThread {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { return }
      var sentCount = 0
      while sentCount < answer.count {
        // Sound: the range lies within the array.
        let count = unsafe answer.withUnsafeBytes { buffer in
          unsafe send(
            client,
            buffer.baseAddress.map { unsafe $0 + sentCount },
            answer.count - sentCount,
            Int32(MSG_NOSIGNAL)
          )
        }
        guard count > 0 else { break }
        sentCount += count
      }
      // Until the client has gone.
      var byte: UInt8 = 0
      while unsafe read(client, &byte, 1) > 0 {}
      close(client)
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
#endif
