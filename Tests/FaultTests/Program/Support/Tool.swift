import Foundation
import Testing

/// A program that injects faults; where it is missing, the rows that need it are skipped.
enum Tool: String {
  case strace, faketime, prlimit, chattr, mount
  case compiler = "cc"

  /// Where it is.
  var path: String? {
    ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"].map { "\($0)/\(rawValue)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Whether it is there.
  var isThere: Bool { path != nil }

  /// Why a row is skipped where the tool is missing.
  var isMissing: Comment {
    let package =
      switch self {
      case .strace, .faketime: rawValue
      case .prlimit, .mount: "util-linux"
      case .chattr: "e2fsprogs"
      case .compiler: "gcc"
      }
    return "install \(package)"
  }

  /// Whether this process may mount and set attributes of files.
  static let isRoot = getuid() == 0
}
