import Foundation
import Synchronization

/// A program that libFuzzer runs: one target, which the environment names.
///
/// `LEDGER_FUZZ_TARGET` is the target's name, or `list`. With `LEDGER_FUZZ_SAMPLES` the program
/// writes the target's samples into that folder and its words beside it, and ends.
public enum FuzzProcess {
  private static let chosen = Mutex<FuzzTarget?>(nil)

  /// Finds the target, or does what else was asked for.
  public static func begin(_ targets: [FuzzTarget]) {
    let environment = ProcessInfo.processInfo.environment
    let name = environment["LEDGER_FUZZ_TARGET"] ?? ""
    if name == "list" {
      print(targets.map(\.name).joined(separator: "\n"))
      exit(0)
    }
    guard let target = targets.first(where: { $0.name == name }) else {
      fatalError("LEDGER_FUZZ_TARGET is '\(name)'; Tools/fuzz --list says what it may be")
    }
    if let folder = environment["LEDGER_FUZZ_SAMPLES"] {
      do {
        try writeSamples(of: target, to: folder)
      } catch {
        fatalError("the samples cannot be written to \(folder): \(error)")
      }
      exit(0)
    }
    chosen.withLock { $0 = target }
  }

  /// Tries one input; a finding ends the process as a crash, which libFuzzer keeps.
  public static func run(_ bytes: [UInt8]) {
    guard let target = chosen.withLock({ $0 }) else { return }
    do throws(FuzzFinding) {
      try target.run(bytes)
    } catch {
      fatalError("finding in \(target.name): \(error)")
    }
  }

  private static func writeSamples(of target: FuzzTarget, to folder: String) throws {
    for (index, sample) in target.samples.enumerated() {
      try Data(sample).write(to: URL(filePath: "\(folder)/sample-\(index)"))
    }
    let lines = target.words.map { word in
      let bytes = word.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      return "\"\(bytes.joined())\"\n"
    }
    try Data(lines.joined().utf8).write(to: URL(filePath: folder + ".words"))
    try Data(String(target.byteCountMax).utf8).write(to: URL(filePath: folder + ".size"))
  }
}
