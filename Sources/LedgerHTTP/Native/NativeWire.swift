import Hummingbird
import TrialLedger

/// The native API under `/v1`, what others check the ledger by, and the health of the service.
struct NativeWire: Wire {
  let ledger: Ledger
  let configuration: HTTPConfiguration
  let calls: BlockingCalls
  /// What others can check about the ledger.
  let evidence: Evidence
  /// The connections that are told of what comes.
  let streams: EventStreams
  /// What the server counts.
  let telemetry: Telemetry
  /// How far those are who follow the ledger.
  let followers: FollowerWatch
  /// What `/readyz` shows beside the ledger's size.
  let otherCounts: @Sendable () -> [(name: String, count: Int)]
  /// `/openapi.json`; set once all wires are there.
  var document: [UInt8] = []

  var limits: HTTPLimits { configuration.limits }

  func owns(path: String) -> Bool { true }

  func takesLongRequestLine(path: String) -> Bool { false }

  func errorBytes(of failure: RequestFailure) -> [UInt8] { ProblemDocument.bytes(of: failure) }

  var errorMediaType: String { ProblemDocument.mediaType }

  func errorSchema(codes: [String]) -> String {
    let names = codes.map { #""\#($0)""# }.joined(separator: ",")
    return #"{"allOf":[\#(reference(to: "Problem")),"#
      + #"{"properties":{"code":{"enum":[\#(names)]}}}]}"#
  }

  var schemas: [(name: String, schema: String)] { nativeSchemas }

  var securitySchemes: [(name: String, scheme: String)] {
    [
      (
        "token",
        #"{"type":"http","scheme":"bearer","description":"tlk_<id>_<secret>; its roles open "#
          + #"the operations that name one of them"}"#
      )
    ]
  }

  var operations: [Operation] {
    questionOperations + changeOperations + commandOperations + eventOperations + rulesOperations
      + evidenceOperations + serviceOperations + metricsOperations
  }
}
