import ArgumentParser
import LedgerHTTP

/// By which certificate `serve` speaks HTTPS.
struct TLSOptions: ParsableArguments {
  @Option(
    name: .customLong("tls-certificate"),
    help: ArgumentHelp(
      "Speak HTTPS with the certificate in this PEM file, and those that lead to its root.",
      valueName: "file"
    ),
    completion: .file()
  )
  var certificate: String?
  @Option(
    name: .customLong("tls-key"),
    help: ArgumentHelp("The certificate's key, in PEM without a passphrase.", valueName: "file"),
    completion: .file()
  )
  var key: String?

  /// Both files; `nil` where none is named.
  ///
  /// - Throws: ``Failure`` for one without the other, and where this build cannot speak TLS.
  func files() throws -> TLSFiles? {
    switch (certificate, key) {
    case (nil, nil): return nil
    case (let certificate?, let key?):
      #if TLS
      return TLSFiles(certificatePath: certificate, keyPath: key)
      #else
      _ = (certificate, key)
      throw Failure(status: .usage, message: ServerIdentity.isMissing)
      #endif
    default:
      throw Failure(
        status: .usage,
        message: "--tls-certificate and --tls-key need each other; name both files"
      )
    }
  }
}
