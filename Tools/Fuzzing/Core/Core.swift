// The functions that libFuzzer calls, for the set of targets "core"; see Tools/fuzz.

import LedgerFuzzSupport

/// Called once.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ argumentCount: UnsafeMutablePointer<Int32>?,
  _ arguments: UnsafeMutableRawPointer?
) -> Int32 {
  FuzzProcess.begin(FuzzTarget.all)
  return 0
}

/// Called with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  // Sound: libFuzzer lends `count` bytes for the time of the call.
  FuzzProcess.run(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
