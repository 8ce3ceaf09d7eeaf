public import HTTPTypes

/// What a caller of the native API may do.
///
/// The raw value is part of the configuration: add new ones, never change one.
public enum Role: String, CaseIterable, Sendable {
  /// Ask about namespaces.
  case reader
  /// Send commands.
  case writer
  /// Read events with all that they carry.
  case auditor
  /// Change the rules.
  case `operator`
}

/// Who makes a request.
public struct Caller: Equatable, Sendable {
  /// The name under which the caller is known, such as a token's id; never a secret.
  public let name: String
  /// What the caller may do.
  public let roles: Set<Role>

  /// A caller of those roles.
  public init(name: String, roles: Set<Role>) {
    self.name = name
    self.roles = roles
  }
}

/// Says who makes a request.
public protocol Authenticator: Sendable {
  /// The caller who proved to be one by these header fields, or `nil`.
  ///
  /// How long it takes must not depend on how much of a secret was right.
  func caller(presenting headers: HTTPFields) -> Caller?

  /// Whether callers must prove who they are; while not, every program of this machine may do
  /// everything.
  var isRequired: Bool { get }
}

extension Authenticator {
  /// Always.
  public var isRequired: Bool { true }
}
