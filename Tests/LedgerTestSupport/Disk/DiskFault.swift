/// What a program asks of a disk, as far as it can go wrong.
package enum DiskCall: String, CaseIterable, Sendable {
  case open
  case create
  case createFolder
  case names
  case rename
  case remove
  case read
  case write
  /// Of a file or of a folder.
  case sync
  case truncate
  case byteCount
}

/// One thing that goes wrong, once.
package struct DiskFault: Sendable {
  /// How it goes wrong.
  package enum Effect: Sendable, Equatable {
    /// Nothing is done, and the call fails with the code. A sync that fails takes its bytes for
    /// clean, as Linux does: a later one has nothing to write.
    case error(Int32)
    /// Everything is done, and the call fails with the code.
    case errorAfterwards(Int32)
    /// A write of which only so many bytes land before it fails with the code.
    case partial(Int, Int32)
    /// Nothing is done, and the call says that all is well.
    case lost
    /// A write whose bytes land so many bytes further on.
    case misplaced(Int)
    /// A read that gives one wrong bit, counted from the first byte read.
    case garbled(bit: Int)
  }

  /// The call that goes wrong.
  package let call: DiskCall
  /// Which of those calls, counted from 1 since the plan was made.
  package let number: Int
  /// How it goes wrong.
  package let effect: Effect

  /// A fault of the call with that number.
  package init(_ call: DiskCall, _ number: Int, _ effect: Effect) {
    self.call = call
    self.number = number
    self.effect = effect
  }
}

extension SimulatedDisk {
  /// What shall go wrong, and when; calls are counted from 1 since the plan was made.
  package struct Plan: Sendable {
    /// The sync that fails with EIO, its unsynced bytes taken for clean as Linux does.
    package var failingSync: Int?
    /// The write that fails with EIO half-way.
    package var failingWrite: Int?
    /// The sync before which the machine stops; every call from then on fails.
    package var stopBeforeSync: Int?
    /// The sync after which the machine stops.
    package var stopAfterSync: Int?
    /// How many bytes all files together may have.
    package var byteCountMax: Int?
    /// Calls that always fail, with their codes.
    package var alwaysFailing: [DiskCall: Int32] = [:]
    /// Calls that go wrong once.
    package var faults: [DiskFault] = []
    /// Whether the disk remembers what it was after each call that changed it.
    package var keepsMoments = false

    /// A plan; what is `nil` does not go wrong.
    package init(
      failingSync: Int? = nil,
      failingWrite: Int? = nil,
      stopBeforeSync: Int? = nil,
      stopAfterSync: Int? = nil,
      byteCountMax: Int? = nil
    ) {
      self.failingSync = failingSync
      self.failingWrite = failingWrite
      self.stopBeforeSync = stopBeforeSync
      self.stopAfterSync = stopAfterSync
      self.byteCountMax = byteCountMax
    }

    /// A plan of one fault.
    package init(_ fault: DiskFault) {
      self.init()
      faults = [fault]
    }

    /// A plan on which nothing goes wrong and every moment is kept.
    package static let keepingMoments: Plan = {
      var plan = Plan()
      plan.keepsMoments = true
      return plan
    }()
  }
}
