import Foundation
import LedgerTestSupport
import Testing

import TrialLedger

/// What `doctor` says of checkpoints and of sizes.
@Suite("Doctor")
struct DoctorTests {
  private func finding(
    _ check: String,
    _ fixture: EvidenceFixture,
    copies: [String] = []
  ) throws -> (finding: DoctorReport.Finding, report: DoctorReport) {
    let report = Ledger.doctor(at: fixture.path, copies: copies)
    return (try #require(report.findings.first { $0.check == check }), report)
  }

  @Test func `checkpoints are counted and compared`() throws {
    let fixture = try EvidenceFixture(seed: 1)
    try fixture.grow(by: 30)
    let none = try finding("checkpoints", fixture)
    #expect(none.finding.verdict == .ok)
    #expect(none.finding.found.hasPrefix("none was signed"))
    try fixture.sign()
    try fixture.grow(by: 12)
    let one = try finding("checkpoints", fixture)
    #expect(one.finding.verdict == .ok)
    #expect(
      one.finding.found
        == "1 signed, the newest at 30 events, 12 events ago; TRIAL_LEDGER_CHECKPOINTS is not set, "
        + "so none outside is compared"
    )
    try fixture.sign(copies: [fixture.outside])
    let two = try finding("checkpoints", fixture, copies: [fixture.outside])
    #expect(
      two.finding.found
        == "2 signed, the newest at 42 events, 0 events ago; copies are in \(fixture.outside)"
    )
  }

  @Test func `a folder that was put back is damaged, whatever its bytes say`() throws {
    let fixture = try EvidenceFixture(seed: 2)
    try fixture.grow(by: 20)
    try copyFolder(fixture.path, to: fixture.folder.path + "/older")
    try fixture.grow(by: 20)
    try fixture.sign(copies: [fixture.outside])
    try copyFolder(fixture.folder.path + "/older", to: fixture.path)
    let (checkpoints, report) = try finding("checkpoints", fixture, copies: [fixture.outside])
    #expect(checkpoints.verdict == .bad)
    #expect(checkpoints.found.contains("was signed for 40"))
    #expect(report.isDamaged)
    #expect(report.exitCode == 70)
    #expect(try finding("bytes", fixture).finding.verdict == .ok)
  }

  @Test func `a folder of copies that is not mounted is missed`() throws {
    let fixture = try EvidenceFixture(seed: 3)
    try fixture.grow(by: 5)
    try fixture.sign()
    let (checkpoints, report) = try finding("checkpoints", fixture, copies: [fixture.outside])
    #expect(checkpoints.verdict == .bad)
    #expect(checkpoints.found.contains(fixture.outside))
    #expect(report.exitCode == 1)
  }

  /// As every other verb writes them: with units of 1,000.
  @Test func `sizes have the units of the other verbs`() throws {
    let fixture = try EvidenceFixture(seed: 4)
    for finding in Ledger.doctor(at: fixture.path).findings {
      #expect(!(finding.found + finding.advice).contains("iB"), "\(finding)")
    }
    #expect(try finding("space", fixture).finding.found.contains("B are free"))
  }
}
