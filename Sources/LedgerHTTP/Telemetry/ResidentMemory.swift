import Foundation

/// The bytes of memory that the process has, as Linux counts them; `nil` where there is no `/proc`.
func residentByteCount() -> Int? {
  guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
    let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
    let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
  else { return nil }
  return kibibytes * 1_024
}
