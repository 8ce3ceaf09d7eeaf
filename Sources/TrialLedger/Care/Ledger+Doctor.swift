import LedgerCore
import LedgerLog

extension Ledger {
  /// Looks at a ledger's folder and at the machine under it.
  ///
  /// Quick: headers, the chain of segments and the bodies of the last one are read; for every byte
  /// there is ``verify(progress:)``. Nothing of the ledger is changed; a file of 4 KiB is written
  /// beside it and removed, to measure the disk.
  ///
  /// - Parameters:
  ///   - path: The ledger's folder.
  ///   - copies: Folders outside where checkpoints are kept too.
  ///   - clock: Where the present comes from.
  /// - Returns: What was found; a folder that is no ledger is a finding too.
  public static func doctor(
    at path: String,
    copies: [String] = [],
    clock: any LedgerClock = SystemClock()
  ) -> DoctorReport {
    let machine = Machine(at: path)
    var findings = [folder(path, machine)]
    guard machine.folderExists else { return DoctorReport(findings: findings, isDamaged: false) }
    let log = LogInspection(of: path)
    findings.append(writer(path, log))
    findings.append(bytes(log))
    findings.append(tail(log))
    findings.append(files(log))
    findings.append(sealing(log))
    findings.append(quarantine(log))
    let checkpoints = CheckpointFinding(path, copies, log)
    findings.append(checkpoints.finding)
    findings.append(snapshots(path, log))
    findings.append(time(log, clock.now()))
    findings.append(space(machine))
    findings.append(descriptors(machine))
    findings.append(fileSystem(machine))
    findings.append(latency(path, machine))
    var isDamaged = checkpoints.isDamaged
    if case .damaged? = log.problem { isDamaged = true }
    return DoctorReport(findings: findings, isDamaged: isDamaged)
  }
}

extension Ledger {
  private typealias Finding = DoctorReport.Finding

  private static func folder(_ path: String, _ machine: Machine) -> Finding {
    guard machine.folderExists else {
      return Finding(
        "folder",
        .bad,
        "\(path) is no folder",
        advice: "make a ledger with init, or give --data"
      )
    }
    guard machine.isWritable else {
      return Finding(
        "folder",
        .bad,
        "\(path) cannot be written by this user",
        advice: "run as its owner, or only ask and follow"
      )
    }
    guard machine.isOwner else {
      return Finding(
        "folder",
        .warn,
        "\(path) belongs to another user",
        advice: "let one user own and write it"
      )
    }
    return Finding("folder", .ok, "\(path) is there and can be written")
  }

  private static func writer(_ path: String, _ log: LogInspection) -> Finding {
    guard log.hasWriter else { return Finding("writer", .ok, "no process has it for writing") }
    let process = Machine.lockHolder("\(path)/lock").map { "process \($0)" } ?? "a process"
    return Finding("writer", .ok, "\(process) has it for writing")
  }

  private static func bytes(_ log: LogInspection) -> Finding {
    switch log.problem {
    case nil:
      return Finding(
        "bytes",
        .ok,
        "\(counted(log.size, "event")); headers, chain and newest segment are sound"
      )
    case .damaged(let damage)?:
      return Finding(
        "bytes",
        .bad,
        "damaged at byte \(damage.offset) of \(damage.file), from position \(damage.position) on: "
          + damage.reason,
        advice: "copy the folder, then restore a backup; recover says what would be lost"
      )
    case .notALog?:
      return Finding("bytes", .bad, "there is no ledger in it", advice: "make one with init")
    case let problem?:
      return Finding(
        "bytes",
        .bad,
        problem.description.withoutStop,
        advice: "check the disk and its rights"
      )
    }
  }

  private static func tail(_ log: LogInspection) -> Finding {
    guard log.problem == nil else { return notLooked("tail") }
    guard let tail = log.tornTail else { return Finding("tail", .ok, "the last write is whole") }
    return Finding(
      "tail",
      .warn,
      "\(counted(tail.byteCount, "byte")) from byte \(tail.offset) of \(tail.file) on are a write "
        + "that never finished",
      advice: "nothing is lost; the next opening for writing cuts them"
    )
  }

  private static func files(_ log: LogInspection) -> Finding {
    if !log.strange.isEmpty {
      return Finding(
        "files",
        .warn,
        "segments/ holds files of no ledger: \(listed(log.strange))",
        advice: "move them away"
      )
    }
    let left = log.unfinished + log.doubled.map { "\($0) beside its sealed copy" }
    if !left.isEmpty, !log.hasWriter {
      return Finding(
        "files",
        .warn,
        "a crash left \(listed(left))",
        advice: "nothing is lost; the next opening for writing removes them"
      )
    }
    return Finding(
      "files",
      .ok,
      "\(counted(log.sealedCount, "sealed segment")), \(grouped(log.framesCount)) of frames"
    )
  }

  private static func sealing(_ log: LogInspection) -> Finding {
    let waiting = max(0, log.framesCount - 1 - log.doubled.count)
    let text = "\(counted(waiting, "full segment")) \(waiting == 1 ? "waits" : "wait") to be sealed"
    guard waiting > 2 else {
      return Finding("sealing", .ok, waiting == 0 ? "no full segment waits to be sealed" : text)
    }
    return Finding(
      "sealing",
      .warn,
      text,
      advice: "open the ledger for writing (serve) with free processor time and disk space"
    )
  }

  private static func quarantine(_ log: LogInspection) -> Finding {
    guard log.quarantine.fileCount > 0 else { return Finding("quarantine", .ok, "empty") }
    return Finding(
      "quarantine",
      .warn,
      "\(counted(log.quarantine.fileCount, "file")), "
        + "\(counted(log.quarantine.byteCount, "byte")) that recoveries cut off",
      advice: "keep them until somebody knows why; history 0 shows losses that were accepted"
    )
  }

  private static func time(_ log: LogInspection, _ now: Instant) -> Finding {
    guard log.problem == nil else { return notLooked("clock") }
    guard let newest = log.recordedAt, now < newest else {
      return Finding("clock", .ok, "not behind the newest event")
    }
    return Finding(
      "clock",
      .warn,
      "it is \(now), but the newest event was recorded at \(newest)",
      advice: "set the clock; until then events get the newest event's instant"
    )
  }

  /// What cannot be said of a log that cannot be read.
  private static func notLooked(_ check: String) -> Finding {
    Finding(check, .warn, "not looked at", advice: "see bytes")
  }

  private static func listed(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ")
      + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }
}

extension Ledger {
  /// A segment at its largest and its sealed copy, twice.
  private static let freeByteCountMin = 512_000_000

  private static func space(_ machine: Machine) -> Finding {
    guard let free = machine.freeByteCount else {
      return Finding("space", .warn, "nobody knows how much is free", advice: "look with df")
    }
    let text = "\(byteCount(free)) are free"
    if free < freeByteCountMin / 16 {
      return Finding("space", .bad, text, advice: "free some; commands will soon be refused")
    }
    if free < freeByteCountMin {
      return Finding(
        "space",
        .warn,
        text,
        advice:
          "free some; a segment and its sealed copy need up to \(byteCount(freeByteCountMin / 2))"
      )
    }
    return Finding("space", .ok, text)
  }

  private static func descriptors(_ machine: Machine) -> Finding {
    guard let limit = machine.descriptorCountMax, limit < 256 else {
      return Finding("descriptors", .ok, "enough files may be open")
    }
    return Finding(
      "descriptors",
      .warn,
      "only \(limit) files may be open at once",
      advice: "raise the limit (ulimit -n 4096)"
    )
  }

  private static func fileSystem(_ machine: Machine) -> Finding {
    guard let type = machine.fileSystemType else {
      return Finding("file_system", .warn, "unknown", advice: "see that fsync reaches the disk")
    }
    if ["tmpfs", "ramfs", "devtmpfs"].contains(type) {
      return Finding(
        "file_system",
        .warn,
        "\(type) is memory: a restart of the machine loses the ledger",
        advice: "move the folder to a disk"
      )
    }
    let network = ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "afs", "virtiofs"]
    if network.contains(type) || type.hasPrefix("fuse") {
      return Finding(
        "file_system",
        .warn,
        "\(type): fsync and flock are as good as the server's",
        advice: "use a local disk, or know that server"
      )
    }
    if type == "overlay" {
      return Finding(
        "file_system",
        .warn,
        "overlay: a container's own layer goes with the container",
        advice: "put the folder on a volume"
      )
    }
    return Finding("file_system", .ok, type)
  }

  private static func latency(_ path: String, _ machine: Machine) -> Finding {
    guard machine.isWritable else {
      return Finding("sync", .warn, "not measured", advice: "run as the folder's owner")
    }
    let microseconds: Int
    do {
      microseconds = try SyncMeasurement.medianMicroseconds(in: path)
    } catch {
      return Finding(
        "sync",
        .bad,
        error.description,
        advice: "check the disk; nothing can be recorded"
      )
    }
    let text = "a write of 4,096 bytes and its fdatasync take \(microseconds) µs"
    if microseconds < 10 {
      return Finding(
        "sync",
        .warn,
        text,
        advice: "no disk is that fast: it says done before it is, and a power cut loses events"
      )
    }
    if microseconds > 20_000 {
      return Finding("sync", .warn, text, advice: "a slow disk; every lone command waits for it")
    }
    return Finding("sync", .ok, text)
  }
}

extension String {
  /// The sentence without its full stop, as findings are written.
  var withoutStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
