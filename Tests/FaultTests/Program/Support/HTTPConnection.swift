import Foundation

/// One connection to a server of this machine, that stays open; as plain as a client can be.
final class HTTPConnection {
  private let descriptor: Int32

  /// Connects; `nil` when the server does not take the connection.
  init?(port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    unsafe setsockopt(
      descriptor,
      SOL_SOCKET,
      SO_RCVTIMEO,
      &patience,
      socklen_t(MemoryLayout<timeval>.size)
    )
    unsafe setsockopt(
      descriptor,
      SOL_SOCKET,
      SO_SNDTIMEO,
      &patience,
      socklen_t(MemoryLayout<timeval>.size)
    )
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe connect(descriptor, pointer, size)
      }
    }
    if code != 0 { return nil }
  }

  deinit {
    close(descriptor)
  }

  /// Sends text, whatever it is.
  ///
  /// - Returns: Whether all of it was taken; not when the server has closed the connection.
  @discardableResult
  func say(_ text: String) -> Bool {
    var rest = Array(text.utf8)
    while !rest.isEmpty {
      let count = unsafe send(descriptor, rest, rest.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { return false }
      rest.removeFirst(count)
    }
    return true
  }

  /// Says that nothing more will be sent.
  func finishSending() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Waits until the server has closed its side; what comes before is passed over.
  ///
  /// - Returns: Whether it did.
  func waitForEnd() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
      if count <= 0 { return count == 0 || errno == ECONNRESET }
    }
  }

  /// Posts a body and waits for the answer.
  ///
  /// - Returns: The status and the body; `nil` when no answer comes.
  func post(_ path: String, _ body: String) -> (status: Int, body: String)? {
    let request =
      "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    let bytes = Array(request.utf8)
    guard unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    else { return nil }
    var received = ""
    while true {
      if let answer = Self.answer(received) { return answer }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      received += String(decoding: buffer[..<count], as: UTF8.self)
    }
  }

  /// The whole answer at the start of `text`, if all of it is there.
  private static func answer(_ text: String) -> (status: Int, body: String)? {
    guard let match = text.firstMatch(of: #/^HTTP/1.1 (\d+)[^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/#),
      let status = Int(match.1)
    else { return nil }
    let length = match.2.lowercased().firstMatch(of: #/content-length: *(\d+)/#).flatMap {
      Int($0.1)
    }
    let body = text[match.range.upperBound...]
    guard let length, body.utf8.count >= length else { return nil }
    return (status, String(decoding: body.utf8.prefix(length), as: UTF8.self))
  }
}
