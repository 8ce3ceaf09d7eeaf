/// The files by which a server shows who it is, for connections that nobody else can read.
public struct TLSFiles: Equatable, Sendable {
  /// The certificates in PEM: the server's own first, then those that lead to a root, if any.
  public var certificatePath: String
  /// The key of the first certificate, in PEM, without a passphrase.
  public var keyPath: String

  /// The files at two paths, which are read when the server is made.
  public init(certificatePath: String, keyPath: String) {
    self.certificatePath = certificatePath
    self.keyPath = keyPath
  }
}
