/// Numbers of events placed under the columns of their dates, in as few rows as hold them.
struct TimelineMarkers: Equatable, Sendable {
  /// One number, or several that stand in one place.
  struct Marker: Equatable, Sendable {
    let row: Int
    let column: Int
    let label: String
  }

  /// The most rows.
  static let rowCountMax = 3

  /// The markers, left to right.
  let markers: [Marker]
  /// The rows they take.
  let rowCount: Int

  private struct Group {
    let column: Int
    var numbers: [Int]

    /// `4`, `4-6`, or `4,7` where something lies between.
    var label: String {
      let sorted = numbers.sorted()
      var ranges: [ClosedRange<Int>] = []
      for number in sorted {
        if let last = ranges.last, last.upperBound + 1 == number {
          ranges[ranges.count - 1] = last.lowerBound...number
        } else {
          ranges.append(number...number)
        }
      }
      if ranges.count > 3, let first = sorted.first, let last = sorted.last {
        return "\(first)..\(last)"
      }
      return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        .joined(separator: ",")
    }
  }

  /// Places the numbers 1, 2, … of events at `columns`, of `columnCount`.
  ///
  /// What does not fit beside its neighbours joins the one before it.
  ///
  /// - Complexity: O(events²) where all are crowded together.
  init(columns: [Int], columnCount: Int) {
    var groups: [Group] = []
    for (index, column) in columns.enumerated().sorted(by: { ($0.1, $0.0) < ($1.1, $1.0) }) {
      if let last = groups.indices.last, groups[last].column == column {
        groups[last].numbers.append(index + 1)
      } else {
        groups.append(Group(column: column, numbers: [index + 1]))
      }
    }
    while true {
      switch Self.place(groups, columnCount) {
      case .success(let markers):
        self.markers = markers
        rowCount = (markers.map(\.row).max() ?? -1) + 1
        return
      case .failure(let crowded):
        let index = max(1, crowded.groupIndex)
        groups[index - 1].numbers += groups[index].numbers
        groups.remove(at: index)
      }
    }
  }

  private struct Crowded: Error {
    let groupIndex: Int
  }

  private static func place(
    _ groups: [Group],
    _ columnCount: Int
  ) -> Result<[Marker], Crowded> {
    var ends = Array(repeating: 0, count: rowCountMax)
    var markers: [Marker] = []
    for (index, group) in groups.enumerated() {
      let label = group.label
      // A label at the right edge is pushed in.
      let column = max(0, min(group.column, columnCount - label.utf8.count))
      guard let row = ends.firstIndex(where: { $0 <= column }) else {
        return .failure(Crowded(groupIndex: index))
      }
      if label.utf8.count > columnCount, groups.count > 1 {
        return .failure(Crowded(groupIndex: index))
      }
      ends[row] = column + label.utf8.count + 1
      markers.append(Marker(row: row, column: column, label: label))
    }
    return .success(markers)
  }
}
