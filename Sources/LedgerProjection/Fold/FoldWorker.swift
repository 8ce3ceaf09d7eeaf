import LedgerCore

/// What one thread needs to fold, kept from bucket to bucket.
final class FoldWorker {
  /// A bucket of facts and its pages.
  struct Bucket {
    let number: Int
    var chunk: PageTable.Chunk
  }

  private(set) var namespacesMade = 0
  private(set) var pagesMade = 0
  private(set) var large: [Int64: [UInt32]] = [:]
  private var sorter = BucketSorter()
  private var builder = PageBuilder()
  private let sides: [PageBuilder.Side]
  private let former: [Int64: [UInt32]]
  private var answerer: Answerer?

  /// - Parameters:
  ///   - sides: What stands aside of the facts, by part.
  ///   - former: The states that have outgrown their pages so far.
  ///   - answerer: Answers the namespaces that get facts, where rules are served.
  init(
    sides: [PageBuilder.Side],
    former: [Int64: [UInt32]],
    answerer: consuming Answerer?
  ) {
    self.sides = sides
    self.former = former
    self.answerer = answerer
  }

  /// Folds the facts of a bucket.
  func fold(_ bucket: inout Bucket, of batches: [FactBatch]) {
    bucket.chunk.moveAnswersApart()
    forEachPage(inBucket: bucket.number, of: batches) { index in
      sorter.withFacts(from: index * Page.idsPerPage, idCount: Page.idsPerPage) { facts in
        let number = bucket.number * PageTable.pagesPerChunk + index
        bucket.chunk.update(index) { page, answers in
          fold(facts, &page, &answers, number: number, isHashed: false)
        }
      }
    }
    gather()
  }

  /// Calls `body` with the index in the bucket of each page that has facts in it, ascending.
  func forEachPage(inBucket bucket: Int, of batches: [FactBatch], _ body: (Int) -> Void) {
    sorter.sort(bucket, of: batches)
    for index in 0..<PageTable.pagesPerChunk
    where sorter.count(from: index * Page.idsPerPage, idCount: Page.idsPerPage) > 0 {
      body(index)
    }
  }

  /// Folds the facts of a bucket page by page, into wherever pages are.
  func fold(bucket: Int, of batches: [FactBatch], into directory: inout PageDirectory) {
    forEachPage(inBucket: bucket, of: batches) { index in
      let number = bucket * PageTable.pagesPerChunk + index
      sorter.withFacts(from: index * Page.idsPerPage, idCount: Page.idsPerPage) { facts in
        directory.update(number) { page, answers, isHashed in
          fold(facts, &page, &answers, number: number, isHashed: isHashed)
        }
      }
    }
    gather()
  }

  /// Folds facts that stand in no bucket, page by page, into wherever pages are.
  func fold(_ loose: [LooseFact], into directory: inout PageDirectory) {
    // The index as a part of the key keeps the order of the log.
    var order = loose.indices.map { (id: loose[$0].id, index: $0) }
    if order.count > 1 { order.sort { $0.id == $1.id ? $0.index < $1.index : $0.id < $1.id } }
    var facts: [UInt64] = []
    var start = 0
    while start < order.count {
      let number = Page.number(of: order[start].id)
      var end = start
      facts.removeAll(keepingCapacity: true)
      while end < order.count, Page.number(of: order[end].id) == number {
        facts.append(loose[order[end].index].fact.bits)
        end += 1
      }
      directory.update(number) { page, answers, isHashed in
        fold(facts.span, &page, &answers, number: number, isHashed: isHashed)
      }
      start = end
    }
    gather()
  }

  private func gather() {
    namespacesMade += builder.namespacesMade
    pagesMade += builder.pagesMade
    if !builder.large.isEmpty { large.merge(builder.large) { _, new in new } }
    builder.clear()
  }

  @inline(__always)
  private func fold(
    _ facts: Span<UInt64>,
    _ page: inout Page,
    _ answers: inout [UInt16],
    number: Int,
    isHashed: Bool
  ) {
    let isApart = !answers.isEmpty
    builder.rebuild(
      &page,
      number: number,
      isHashed: isHashed,
      isApart: isApart,
      facts,
      sides: sides,
      former: former
    )
    if isApart {
      for index in facts.indices {
        answers[Fact(bits: facts[index]).place] = AnswerLists.unknown
      }
    }
    guard answerer != nil else { return }
    answerer?.answer(&page, &answers, number: number, isAll: false) { id in
      builder.large[id] ?? large[id] ?? former[id] ?? []
    }
  }
}
