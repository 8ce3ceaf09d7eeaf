import Foundation
import LedgerFormat

/// Whether Foundation's reader takes the text too and finds the same in it.
///
/// It is laxer than ours, so only what ours takes is compared. Its dictionaries compare names as
/// Swift does, by canonical equivalence: objects in which that matters are counted as alike.
func isReadAlikeByTheSystem(_ value: JSONValue, _ bytes: [UInt8]) -> Bool {
  guard
    let object = try? JSONSerialization.jsonObject(
      with: Data(bytes),
      options: [.fragmentsAllowed]
    )
  else { return false }
  return isAlike(value, object)
}

private func isAlike(_ value: JSONValue, _ object: Any) -> Bool {
  switch value {
  case .null: return object is NSNull
  case .bool(let flag): return (object as? NSNumber)?.boolValue == flag
  case .integer(let integer): return (object as? NSNumber)?.int64Value == integer
  case .number: return object is NSNumber
  case .string(let text):
    // Foundation on Linux loses a byte order mark inside of a string.
    let isMarked = text.unicodeScalars.contains("\u{feff}")
    return (object as? String).map { isMarked || $0.utf8.elementsEqual(text.utf8) } ?? false
  case .array(let elements):
    guard let objects = object as? [Any], objects.count == elements.count else { return false }
    return zip(elements, objects).allSatisfy { isAlike($0, $1) }
  case .object(let members):
    guard let objects = object as? [String: Any] else { return false }
    guard Set(members.map(\.name)).count == members.count,
      !members.contains(where: { $0.name.unicodeScalars.contains("\u{feff}") })
    else { return true }
    guard objects.count == members.count else { return false }
    return members.allSatisfy { member in
      objects[member.name].map { isAlike(member.value, $0) } ?? false
    }
  }
}
