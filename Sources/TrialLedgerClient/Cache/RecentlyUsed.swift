/// A dictionary of bounded size that forgets what was used longest ago.
struct RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Node {
    var key: Key
    var value: Value
    var newer: Int
    var older: Int
  }

  private let countMax: Int
  private var places: [Key: Int] = [:]
  private var nodes: [Node] = []
  private var newest = -1
  private var oldest = -1

  /// - Precondition: `countMax` is positive.
  init(countMax: Int) {
    precondition(countMax > 0, "there is room for one")
    self.countMax = countMax
  }

  var count: Int { places.count }

  /// The value of a key; reading and writing it are uses.
  ///
  /// - Complexity: O(1).
  subscript(key: Key) -> Value? {
    mutating get {
      guard let place = places[key] else { return nil }
      unlink(place)
      link(place)
      return nodes[place].value
    }
    set {
      guard let newValue else { return remove(key) }
      if let place = places[key] {
        nodes[place].value = newValue
        unlink(place)
        link(place)
        return
      }
      if places.count == countMax { remove(nodes[oldest].key) }
      nodes.append(Node(key: key, value: newValue, newer: -1, older: -1))
      places[key] = nodes.count - 1
      link(nodes.count - 1)
    }
  }

  /// Forgets a key.
  mutating func remove(_ key: Key) {
    guard let place = places.removeValue(forKey: key) else { return }
    unlink(place)
    let last = nodes.count - 1
    if place != last {
      // The last one moves into the gap.
      nodes[place] = nodes[last]
      places[nodes[place].key] = place
      let (newer, older) = (nodes[place].newer, nodes[place].older)
      if newer >= 0 { nodes[newer].older = place } else { newest = place }
      if older >= 0 { nodes[older].newer = place } else { oldest = place }
    }
    nodes.removeLast()
  }

  /// Forgets everything.
  mutating func removeAll() {
    places.removeAll()
    nodes.removeAll()
    (newest, oldest) = (-1, -1)
  }

  private mutating func unlink(_ place: Int) {
    let (newer, older) = (nodes[place].newer, nodes[place].older)
    if newer >= 0 { nodes[newer].older = older } else { newest = older }
    if older >= 0 { nodes[older].newer = newer } else { oldest = newer }
  }

  private mutating func link(_ place: Int) {
    (nodes[place].newer, nodes[place].older) = (-1, newest)
    if newest >= 0 { nodes[newest].newer = place } else { oldest = place }
    newest = place
  }
}
