import HTTPTypes
package import Hummingbird
import NIOCore

extension Request {
  /// Reads the whole body.
  ///
  /// - Throws: ``RequestFailure`` 413 for one that is larger, as early as that is known; 400 for
  ///   one that ended before what `Content-Length` promised.
  package func bodyBytes(upTo byteCountMax: Int) async throws -> [UInt8] {
    let promised = headers[.contentLength].flatMap { Int($0) }
    let tooLarge = RequestFailure(
      .contentTooLarge,
      "body_too_large",
      "the body has more than \(byteCountMax) bytes",
      closesConnection: true
    )
    if let promised, promised > byteCountMax { throw tooLarge }
    var buffer: ByteBuffer
    do {
      buffer = try await body.collect(upTo: byteCountMax)
    } catch is NIOTooManyBytesError {
      throw tooLarge
    }
    let bytes = buffer.readBytes(length: buffer.readableBytes) ?? []
    if let promised, bytes.count != promised {
      throw RequestFailure(
        .badRequest,
        "malformed_http",
        "the body has \(bytes.count) bytes where Content-Length said \(promised)",
        closesConnection: true
      )
    }
    return bytes
  }
}
