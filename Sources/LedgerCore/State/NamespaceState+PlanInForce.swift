extension NamespaceState {
  /// The first day from `lower` on, and before `upper` where there is one, on which `isWanted` holds of
  /// the recorded plan in force; it is asked with `nil` where no period covers the day.
  ///
  /// - Complexity: O(n log n) for n recorded periods, however they lie over one another.
  func firstDay(
    from lower: CalendarDate,
    until upper: CalendarDate?,
    where isWanted: (PlanCode?) -> Bool
  ) -> CalendarDate? {
    if let upper, upper <= lower { return nil }
    let overlapping = planPeriods.indices.filter { index in
      let period = planPeriods[index]
      return (period.endsOn.map { lower < $0 } ?? true)
        && (upper.map { period.startsOn < $0 } ?? true)
    }
    // The plan in force changes only where a period starts or ends.
    var days = [lower]
    for index in overlapping {
      for day in [planPeriods[index].startsOn, planPeriods[index].endsOn] {
        if let day, day > lower, upper.map({ day < $0 }) ?? true { days.append(day) }
      }
    }
    days = ascending(days)
    // From the newest period to the oldest, each gets the days that no newer one has. What is taken
    // is leapt over: `free` leads from a day to the next free one, or towards it.
    var plans = [PlanCode?](repeating: nil, count: days.count)
    var free = Array(0...days.count)
    for index in overlapping.reversed() {
      let period = planPeriods[index]
      let end = period.endsOn.map { place(of: $0, in: days) } ?? days.count
      var day = nextFree(place(of: period.startsOn, in: days), &free)
      while day < end {
        plans[day] = period.plan
        free[day] = day + 1
        day = nextFree(day + 1, &free)
      }
    }
    return days.indices.first { isWanted(plans[$0]) }.map { days[$0] }
  }
}

/// The days in order, each once.
private func ascending(_ days: [CalendarDate]) -> [CalendarDate] {
  var ascending: [CalendarDate] = []
  for day in days.sorted() where day != ascending.last { ascending.append(day) }
  return ascending
}

/// The place of the first of `days` that is not before `day`.
private func place(of day: CalendarDate, in days: [CalendarDate]) -> Int {
  var places = 0..<days.count
  while !places.isEmpty {
    let middle = places.lowerBound + places.count / 2
    if days[middle] < day {
      places = (middle + 1)..<places.upperBound
    } else {
      places = places.lowerBound..<middle
    }
  }
  return places.lowerBound
}

/// The first free place from `place` on; the ways there get shorter for who comes next.
private func nextFree(_ place: Int, _ free: inout [Int]) -> Int {
  var place = place
  while free[place] != place {
    free[place] = free[free[place]]
    place = free[place]
  }
  return place
}
