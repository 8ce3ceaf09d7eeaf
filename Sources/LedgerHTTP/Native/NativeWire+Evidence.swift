import Hummingbird
import TrialLedger

extension NativeWire {
  var evidenceOperations: [Operation] {
    [
      Operation(
        .get,
        "/checkpoint",
        "showCheckpoint",
        "The newest signed checkpoint (C2SP tlog-checkpoint).",
        access: .role(.auditor),
        answers: [
          Operation.Answer(
            .ok,
            "The checkpoint.",
            .body(mediaType: checkpointMediaType, schema: nil)
          ),
          .problem(.notFound, "None was signed yet.", codes: "no_checkpoint"),
        ]
      ) { _, _ in try await checkpoint() },
      Operation(
        .get,
        "/tile/{path...}",
        "showTile",
        "A tile of hashes or a bundle of events (C2SP tlog-tiles), such as /tile/0/x001/234.",
        access: .role(.auditor),
        parameters: [
          Operation.Parameter(
            "path",
            "path",
            "Level or entries, then the tile's number; more than one part.",
            schema: #"{"type":"string"}"#
          )
        ],
        answers: [
          Operation.Answer(
            .ok,
            "The tile.",
            .body(mediaType: tileMediaType, schema: nil)
          ),
          .problem(.notFound, "The log has no such tile, or not yet.", codes: "no_tile"),
        ]
      ) { request, _ in try await tile(request) },
    ]
  }

  /// `GET /checkpoint`: the newest that was signed.
  func checkpoint() async throws -> Response {
    guard let newest = try await calls.run({ try evidence.newestCheckpoint() }) else {
      throw RequestFailure(.notFound, "no_checkpoint", "no checkpoint of the ledger was signed yet")
    }
    return Response(
      .ok,
      newest.bytes,
      mediaType: checkpointMediaType,
      headers: [.cacheControl: "no-cache"]
    )
  }

  /// `GET /tile/…`: a tile of the log as it is now.
  func tile(_ request: Request) async throws -> Response {
    let path = String(request.uri.path.drop { $0 == "/" })
    guard let bytes = try await calls.run({ try evidence.tile(at: path) }) else {
      throw RequestFailure(.notFound, "no_tile", "the log has no such tile, or not yet")
    }
    return Response(
      .ok,
      bytes,
      mediaType: tileMediaType,
      // What is in a tile never changes.
      headers: [.cacheControl: "max-age=31536000, immutable"]
    )
  }
}

private let checkpointMediaType = "text/plain"
private let tileMediaType = "application/octet-stream"
