import LedgerLog
import LedgerSQLite

extension Ledger {
  /// What `doctor` says of the snapshots: they are never needed, so nothing about them is bad.
  static func snapshots(_ path: String, _ log: LogInspection) -> DoctorReport.Finding {
    guard log.problem == nil else {
      return DoctorReport.Finding("snapshots", .warn, "not looked at", advice: "see bytes")
    }
    let advice = "nothing is lost; starts are slower until snapshot or the next stop of serve"
    do throws(LedgerError) {
      let ledger = try open(at: path)
      let snapshots = try ledger.takenSnapshots()
      guard let newest = snapshots.first(where: { $0.role == .serving }) else {
        guard snapshots.isEmpty else {
          return DoctorReport.Finding(
            "snapshots",
            .warn,
            "none of \(counted(snapshots.count, "snapshot")) fits the log",
            advice: advice
          )
        }
        return DoctorReport.Finding("snapshots", .ok, "none; a start folds the whole log")
      }
      let former = snapshots.contains { $0.role == .former }
      return DoctorReport.Finding(
        "snapshots",
        .ok,
        "a start folds the last \(grouped(ledger.size - newest.eventCount)) of "
          + counted(ledger.size, "event")
          + (former ? "; states from before a rebuild are kept" : "")
      )
    } catch {
      return DoctorReport.Finding("snapshots", .warn, error.message.withoutStop, advice: advice)
    }
  }
}
