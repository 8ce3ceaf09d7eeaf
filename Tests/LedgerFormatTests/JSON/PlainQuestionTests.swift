import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

/// The reader of plain questions takes nothing that the strict reader does not, and reads it alike.
@Suite("Plain questions")
struct PlainQuestionTests {
  /// What the strict reader makes of a text.
  private func strict(_ bytes: [UInt8]) -> [NamespaceID]? {
    guard case .object(let members)? = try? JSONValue(parsing: bytes.span), members.count == 1,
      let member = members.first, member.name == "namespace_ids",
      case .array(let elements) = member.value
    else { return nil }
    var ids: [NamespaceID] = []
    for element in elements {
      guard case .integer(let number) = element, let id = NamespaceID(number) else { return nil }
      ids.append(id)
    }
    return ids
  }

  @Test func `are read with and without white space`() {
    for text in [
      #"{"namespace_ids":[1,22,999999999999999999]}"#,
      " {\t\"namespace_ids\" :\r\n[ 1 , 22,\n999999999999999999 ] } \n",
    ] {
      let bytes = Array(text.utf8)
      let ids = plainNamespaceIDs(bytes.span, countMax: 3)
      #expect(ids?.map(\.rawValue) == [1, 22, 999_999_999_999_999_999])
      #expect(ids == strict(bytes))
      #expect(plainNamespaceIDs(bytes.span, countMax: 2) == nil)
    }
  }

  @Test(arguments: [
    "", "{", "[]", #"{"namespace_ids":[]}"#, #"{"namespace_ids":[0]}"#, #"{"namespace_ids":[01]}"#,
    #"{"namespace_ids":[1,]}"#, #"{"namespace_ids":[,1]}"#, #"{"namespace_ids":[1 2]}"#,
    #"{"namespace_ids":[1]}}"#, #"{"namespace_ids":[1]"#, #"{"namespace_ids":[-1]}"#,
    #"{"namespace_ids":[1.0]}"#, #"{"namespace_ids":[1e3]}"#, #"{"namespace_ids":["1"]}"#,
    #"{"namespace_ids":[1],"on":"2026-01-01"}"#, #"{"namespace_ids ":[1]}"#,
    #"{namespace_ids:[1]}"#,
    #"{"namespace_ids":[9223372036854775807]}"#, #"{"namespace_ids":[9223372036854775808]}"#,
    "\u{feff}{\"namespace_ids\":[1]}", "{\"namespace_ids\":[1]}\u{0}",
  ])
  func `anything else is left to the strict reader`(text: String) {
    let bytes = Array(text.utf8)
    #expect(plainNamespaceIDs(bytes.span, countMax: 100) == nil)
  }

  @Test(.tags(.property), arguments: seeds(4))
  func `damaged ones are read as strictly`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let marks = Array(#"{}[]:,"0123456789 -.e\n"#.utf8) + [0x0a, 0x09, 0x00, 0xff]
    var readCount = 0
    for _ in 0..<2_000 {
      let ids = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        String(
          Int64.random(in: 1...Int64.max, using: &generator)
            >> Int64.random(in: 0...62, using: &generator)
        )
      }
      var bytes = Array("{\"namespace_ids\": [\(ids.joined(separator: ", "))]}".utf8)
      for _ in 0..<Int.random(in: 0...2, using: &generator) {
        let place = Int.random(in: bytes.indices, using: &generator)
        let mark = marks[Int.random(in: marks.indices, using: &generator)]
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = mark
        case 1: bytes.insert(mark, at: place)
        default: bytes.remove(at: place)
        }
      }
      guard let plain = plainNamespaceIDs(bytes.span, countMax: 100) else { continue }
      readCount += 1
      #expect(plain == strict(bytes), "\(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(readCount > 200)
  }
}
