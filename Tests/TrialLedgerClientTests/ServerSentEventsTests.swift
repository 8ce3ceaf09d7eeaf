import LedgerTestSupport
import Testing

@testable import TrialLedgerClient

@Suite("Server-sent events")
struct ServerSentEventsTests {
  private let text = """
    retry: 1000

    :

    id: c1
    event: eligibility_changed
    data: {"a":1}

    id: c2

    data:one
    data:  two
    nonsense


    """

  private var messages: [ServerSentEvents.Message] {
    [
      ServerSentEvents.Message(id: "c1", type: "eligibility_changed", data: #"{"a":1}"#),
      ServerSentEvents.Message(id: "c2"),
      ServerSentEvents.Message(id: "c2", data: "one\n two"),
    ]
  }

  @Test(.tags(.property), arguments: seeds(30))
  func `events are the same in whatever pieces and line ends`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for end in ["\n", "\r\n", "\r"] {
      var bytes = Array(
        text.split(separator: "\n", omittingEmptySubsequences: false)
          .joined(separator: end).utf8
      )[...]
      var events = ServerSentEvents()
      var read: [ServerSentEvents.Message] = []
      while !bytes.isEmpty {
        let count = Int.random(in: 1...7, using: &generator)
        read += try events.read(bytes.prefix(count))
        bytes = bytes.dropFirst(count)
      }
      #expect(read == messages)
    }
  }

  @Test func `a line without an end is refused`() {
    var events = ServerSentEvents()
    #expect(throws: ServerSentEvents.Failure()) {
      try events.read([UInt8](repeating: 0x78, count: ServerSentEvents.lineByteCountMax + 1))
    }
  }
}
