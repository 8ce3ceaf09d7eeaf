/// How long a disk takes to make a small write durable.
package enum SyncMeasurement {
  /// The median of a few writes of 4 KiB, each with its sync, to a file that is removed again.
  ///
  /// - Parameters:
  ///   - folder: Where the file is made.
  ///   - disk: On which disk.
  /// - Returns: The median, in microseconds.
  /// - Throws: ``DiskError`` of the call that failed.
  package static func medianMicroseconds(
    in folder: String,
    disk: any Disk = PosixDisk()
  ) throws(DiskError) -> Int {
    let path = "\(folder)/doctor.new"
    try disk.remove(path)
    let file = try disk.create(path)
    let bytes = [UInt8](repeating: 0x5a, count: 4_096)
    var times: [Duration] = []
    let clock = ContinuousClock()
    do throws(DiskError) {
      for index in 0..<9 {
        let start = clock.now
        try file.write(bytes.span, at: index * bytes.count)
        try file.sync()
        times.append(clock.now - start)
      }
    } catch {
      // The failed write is the news; what is left of the file is removed by the next measurement.
      try? disk.remove(path)
      throw error
    }
    try disk.remove(path)
    times.sort()
    return Int(times[times.count / 2] / .microseconds(1))
  }
}
