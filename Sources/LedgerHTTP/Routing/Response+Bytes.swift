package import HTTPTypes
package import Hummingbird

extension Response {
  /// An answer of those bytes.
  package init(
    _ status: HTTPResponse.Status,
    _ bytes: [UInt8],
    mediaType: String = "application/json",
    headers: HTTPFields = [:]
  ) {
    var headers = headers
    headers[.contentType] = mediaType
    self.init(
      status: status,
      headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    )
  }
}
