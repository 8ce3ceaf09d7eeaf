import Yams

/// Reads untrusted bytes as one YAML document of texts, lists and maps.
///
/// Refused beyond what YAML refuses: tags, merge keys, keys that are not texts, a byte order mark,
/// and what is too large. Whatever the bytes, it returns or throws after a time that is bounded by
/// their count: libyaml stops at 1,000 nested containers, and ``AliasSafety`` keeps towers of
/// aliases shut.
struct YAMLReader {
  /// How much is read.
  struct Limits {
    /// The largest file, in bytes.
    var byteCountMax: Int
    /// The most nodes, keys included, with every alias replaced by what it stands for.
    var nodeCountMax: Int
    /// The most containers (lists and maps) that stand in one another.
    var depthMax = 32
  }

  /// The text, for what the composed tree does not tell.
  private let source: YAMLText
  private let limits: Limits
  /// The lines before the document; a node with a mark there stands for an alias (see
  /// ``AliasSafety``).
  private let linesBefore: Int
  /// The nodes so far.
  private var nodeCount = 0

  /// Reads `bytes`, which are not trusted.
  ///
  /// - Throws: The first thing that is wrong.
  static func read(_ bytes: [UInt8], _ limits: Limits) throws(RuleFileError) -> YAMLNode {
    guard bytes.count <= limits.byteCountMax else {
      throw problem(
        .start,
        "the file has \(bytes.count) bytes; at most \(limits.byteCountMax) are read"
      )
    }
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
      throw problem(.start, "the file begins with a byte order mark; save it as UTF-8 without one")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw problem(invalidPosition(in: bytes), "the file is not UTF-8 from here on")
    }
    let source = YAMLText(text)
    if let (scalar, position) = source.firstForbiddenScalar() {
      let code = String(scalar.value, radix: 16, uppercase: true)
      throw problem(position, "the character U+\(code) may not stand in a YAML file")
    }
    if let position = source.explicitKey(after: 64) {
      throw problem(position, "keys are not written with '?'; write 'key: value'")
    }
    if let twin = AliasSafety.twin(of: text) {
      let linesBefore = AliasSafety.Twin.lineCountBefore
      let root = try compose(YAMLText(twin.text), after: linesBefore)
      var reader = YAMLReader(source: source, limits: limits, linesBefore: linesBefore)
      _ = try reader.node(root, depth: 1)
    }
    let root = try compose(source, after: 0)
    var reader = YAMLReader(source: source, limits: limits, linesBefore: 0)
    return try reader.node(root, depth: 1)
  }

  private init(source: YAMLText, limits: Limits, linesBefore: Int) {
    self.source = source
    self.limits = limits
    self.linesBefore = linesBefore
  }

  /// A copy of `node` and all below it, counted.
  private mutating func node(_ node: Node, depth: Int) throws(RuleFileError) -> YAMLNode {
    let isAlias = node.mark.map { $0.line <= linesBefore } ?? false
    let position = Self.position(node.mark, after: linesBefore)
    nodeCount += 1
    guard nodeCount <= limits.nodeCountMax else {
      throw Self.problem(
        position,
        "the file has more than \(limits.nodeCountMax) values, counting each alias as what it "
          + "stands for"
      )
    }
    if !isAlias, source.hasTag(at: position) {
      throw Self.problem(position, "tags such as !!str are not read; leave it out")
    }
    if case .scalar(let scalar) = node {
      return YAMLNode(content: .text(scalar.string), position: position)
    }
    guard depth <= limits.depthMax else {
      throw Self.problem(
        position,
        "more than \(limits.depthMax) lists and maps stand in one another"
      )
    }
    switch node {
    case .sequence(let items):
      var list: [YAMLNode] = []
      for item in items {
        list.append(try self.node(item, depth: depth + 1))
      }
      return YAMLNode(content: .list(list), position: position)
    case .mapping(let pairs):
      var map: [YAMLNode.Entry] = []
      for (key, value) in pairs {
        map.append(try entry(key, value, of: position, depth: depth))
      }
      return YAMLNode(content: .map(map), position: position)
    case .scalar, .alias:
      throw Self.problem(position, "an alias stands where none can be read")
    }
  }

  private mutating func entry(
    _ key: Node,
    _ value: Node,
    of map: TextPosition,
    depth: Int
  ) throws(RuleFileError) -> YAMLNode.Entry {
    if let mark = key.mark, mark.line <= linesBefore {
      throw Self.problem(map, "this map has an alias as a key; write the key out")
    }
    guard case .scalar(let scalar) = key else {
      throw Self.problem(
        Self.position(key.mark, after: linesBefore),
        "a key is a single word, not a list or a map"
      )
    }
    let keyNode = try node(key, depth: depth + 1)
    if scalar.string == "<<" {
      throw Self.problem(
        keyNode.position,
        "merge keys (<<) are not read; write the entries out or use an alias for the whole value"
      )
    }
    let valueNode = try node(value, depth: depth + 1)
    return YAMLNode.Entry(
      key: scalar.string,
      keyPosition: keyNode.position,
      value: valueNode
    )
  }
}

// MARK: - What Yams says

/// A document after the only one there may be.
private struct SecondDocument: Error {
  /// Where its content begins.
  let mark: Mark?
}

extension YAMLReader {
  private static let secondDocument = "a second document begins here; a file has only one"

  /// Composes the only document of `source`, or the one after a first that ends at line
  /// `linesBefore`.
  private static func compose(
    _ source: YAMLText,
    after linesBefore: Int
  ) throws(RuleFileError) -> Node {
    let root: Node?
    do {
      root = try composed(source.text, after: linesBefore)
    } catch let error as YamlError {
      throw wrapped(error, in: source, linesBefore)
    } catch let error as SecondDocument {
      throw problem(position(error.mark, after: linesBefore), secondDocument)
    } catch {
      throw problem(.start, "the file cannot be read as YAML: \(error)")
    }
    guard let root else { throw problem(.start, "the file is empty") }
    return root
  }

  /// The encoding is named, because the default one asks the environment and may print.
  private static func composed(_ text: String, after linesBefore: Int) throws -> Node? {
    let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
    guard linesBefore > 0 else { return try parser.singleRoot() }
    _ = try parser.nextRoot()
    let root = try parser.nextRoot()
    if let other = try parser.nextRoot() { throw SecondDocument(mark: other.mark) }
    return root
  }

  /// The one place where Yams' errors become ours.
  private static func wrapped(
    _ error: YamlError,
    in source: YAMLText,
    _ linesBefore: Int
  ) -> RuleFileError {
    func place(_ mark: Mark) -> TextPosition {
      // libyaml counts a last line without a break as if it had one.
      let position = min(TextPosition(line: mark.line, column: mark.column), source.end)
      return TextPosition(
        line: max(1, position.line - linesBefore),
        column: max(1, position.column)
      )
    }
    switch error {
    case .scanner(let context, let text, let mark, _), .parser(let context, let text, let mark, _):
      let circumstances = context.map { ", \($0.text)" } ?? ""
      return problem(
        place(mark),
        "this is not YAML: \(text)\(circumstances)"
      )
    case .composer(_, let text, let mark, _):
      if text.contains("alias") {
        return problem(
          place(mark),
          "no anchor of that name stands before this alias"
        )
      }
      return problem(place(mark), secondDocument)
    case .duplicatedKeysInMapping(let keys, let context):
      let key = keys.first ?? ""
      let mark = secondMark(of: key, first: context.mark, in: source, after: linesBefore)
      return problem(
        place(mark),
        "the key \(quoted(key)) stands here a second time"
      )
    default:
      return problem(.start, "the file cannot be read as YAML")
    }
  }

  /// Where `key` stands a second time in the map in which it first stands at `first`.
  ///
  /// Yams tells only the first place, so the first key is overwritten and the text composed again;
  /// where that does not succeed, `first` has to do.
  private static func secondMark(
    of key: String,
    first: Mark,
    in source: YAMLText,
    after linesBefore: Int
  ) -> Mark {
    let position = TextPosition(line: first.line, column: first.column)
    // An error here is one that was told before, or a further one that can wait.
    guard let text = source.overwriting(key, at: position),
      let root = try? composed(text, after: linesBefore)
    else { return first }
    return sibling(of: first, named: key, in: root) ?? first
  }

  private static func sibling(of first: Mark, named key: String, in node: Node) -> Mark? {
    switch node {
    case .scalar, .alias:
      return nil
    case .sequence(let items):
      for item in items {
        if let mark = sibling(of: first, named: key, in: item) { return mark }
      }
    case .mapping(let pairs):
      let isHere = pairs.contains { pair in
        pair.key.mark?.line == first.line && pair.key.mark?.column == first.column
      }
      if isHere, let pair = pairs.first(where: { $0.key.scalar?.string == key }) {
        return pair.key.mark
      }
      for pair in pairs {
        if let mark = sibling(of: first, named: key, in: pair.value) { return mark }
      }
    }
    return nil
  }

  /// Where a mark points in the document that begins after `linesBefore` lines.
  private static func position(_ mark: Mark?, after linesBefore: Int) -> TextPosition {
    guard let mark else { return .start }
    return TextPosition(line: max(1, mark.line - linesBefore), column: max(1, mark.column))
  }

  private static func problem(_ position: TextPosition, _ message: String) -> RuleFileError {
    RuleFileError([TextProblem(position, message)])
  }

  /// Where the first bytes stand that are not UTF-8.
  private static func invalidPosition(in bytes: [UInt8]) -> TextPosition {
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var position = TextPosition.start
    while case .valid(let encoded) = parser.parseScalar(from: &iterator) {
      position =
        Unicode.UTF8.decode(encoded) == "\n"
        ? TextPosition(line: position.line + 1, column: 1)
        : TextPosition(line: position.line, column: position.column + 1)
    }
    return position
  }
}
