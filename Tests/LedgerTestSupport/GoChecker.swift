import Foundation

/// `Tools/CheckTlog`, which checks proofs and tiles with Go's own code for its checksum database.
public struct GoChecker {
  /// Whether Go and Debian's package of golang.org/x/mod are here.
  public static let isHere: Bool =
    go != nil
    && FileManager.default.fileExists(atPath: "\(sources)/src/golang.org/x/mod/sumdb/tlog")

  /// Why tests that need it do not run where it is not.
  public static let absence: String = "golang-go and golang-golang-x-mod-dev are not installed"

  private static let sources = "/usr/share/gocode"
  private static let go: String? = ["/usr/bin/go", "/usr/local/bin/go", "/usr/local/go/bin/go"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  private let folder: TemporaryFolder

  /// Builds the checker.
  ///
  /// - Throws: When Go does not.
  public init() throws {
    folder = try TemporaryFolder()
    let program = packageFolder.appending(path: "Tools/CheckTlog/main.go").path
    let built = try Self.run(Self.go ?? "go", ["build", "-o", "\(folder.path)/check", program])
    guard built.code == 0 else { throw Failure(message: built.output) }
  }

  /// Runs the checker.
  ///
  /// - Returns: Its exit code, and all that it said.
  public func run(_ arguments: [String]) throws -> (code: Int32, output: String) {
    try Self.run("\(folder.path)/check", arguments)
  }

  /// What Go says when it does not build the checker.
  private struct Failure: Error {
    let message: String
  }

  private static func run(
    _ program: String,
    _ arguments: [String]
  ) throws -> (code: Int32, output: String) {
    let process = ChildProcess()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["GO111MODULE": "off", "GOPATH": sources]
    ) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}
