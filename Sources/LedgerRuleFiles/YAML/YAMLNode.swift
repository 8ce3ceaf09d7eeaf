/// A value in a YAML file, with its place; aliases are replaced by what they stand for.
struct YAMLNode: Equatable, Sendable {
  /// What a node holds.
  enum Content: Equatable, Sendable {
    /// A text, plain or quoted alike.
    case text(String)
    /// A list.
    case list([YAMLNode])
    /// A map; its keys are texts, none twice.
    case map([Entry])
  }

  /// A key of a map with its value.
  struct Entry: Equatable, Sendable {
    /// The key.
    let key: String
    /// Where the key stands.
    let keyPosition: TextPosition
    /// The value.
    let value: YAMLNode
  }

  /// What the node holds.
  let content: Content
  /// Where it begins; inside of what an alias stands for, where that was written.
  let position: TextPosition
}
