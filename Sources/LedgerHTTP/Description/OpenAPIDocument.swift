import HTTPTypes
import LedgerFormat

/// The description of all operations for people and programs: OpenAPI 3.1.
package enum OpenAPIDocument {
  /// The document of the operations of `wires`, as JSON.
  ///
  /// - Complexity: O(operations); made once.
  package static func bytes(of wires: [any Wire]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("openapi", "3.1.0")
      writer.memberObject("info") { writer in
        writer.member("title", "trial-ledger")
        writer.member("version", "1")
        writer.member(
          "description",
          "An append-only ledger of trials: what each namespace may start, and why."
        )
      }
      writer.memberObject("paths") { writer in paths(of: wires, &writer) }
      writer.memberObject("components") { writer in
        writer.memberObject("securitySchemes") { writer in
          for (name, scheme) in wires.flatMap(\.securitySchemes) {
            writer.name(name)
            writer.raw(Array(scheme.utf8))
          }
        }
        writer.memberObject("schemas") { writer in
          for (name, schema) in wires.flatMap(\.schemas) {
            writer.name(name)
            writer.raw(Array(schema.utf8))
          }
        }
      }
    }
    return writer.bytes
  }

  private static func paths(of wires: [any Wire], _ writer: inout JSONWriter) {
    var operations: [(operation: Operation, wire: any Wire)] = []
    for wire in wires { operations += wire.operations.map { ($0, wire) } }
    var names: [String] = []
    for (operation, _) in operations where !names.contains(operation.documentedPath) {
      names.append(operation.documentedPath)
    }
    for name in names {
      writer.memberObject(name) { writer in
        for (operation, wire) in operations where operation.documentedPath == name {
          writer.memberObject(operation.method.rawValue.lowercased()) { writer in
            write(operation, of: wire, &writer)
          }
        }
      }
    }
  }

  private static func write(
    _ operation: Operation,
    of wire: any Wire,
    _ writer: inout JSONWriter
  ) {
    writer.member("operationId", operation.id)
    writer.member("summary", operation.summary)
    writer.memberArray("security") { writer in
      switch operation.access {
      case .everyone: break
      case .role(let role): writer.object { $0.member("token", [role.rawValue]) }
      case .scheme(let name):
        writer.object { writer in
          // Two fields that are both needed are one requirement with two schemes.
          for scheme in name.split(separator: " ") { writer.member(String(scheme), [String]()) }
        }
      }
    }
    if !operation.parameters.isEmpty {
      writer.memberArray("parameters") { writer in
        for parameter in operation.parameters { write(parameter, &writer) }
      }
    }
    if let body = operation.body {
      writer.memberObject("requestBody") { writer in
        writer.member("required", true)
        writeContent(body.mediaType, body.schema, &writer)
      }
    }
    writer.memberObject("responses") { writer in
      writeAnswers(of: operation, of: wire, &writer)
    }
  }

  private static func write(_ parameter: Operation.Parameter, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", parameter.name)
      writer.member("in", parameter.place)
      writer.member("description", parameter.summary)
      writer.member("required", parameter.isRequired)
      writer.name("schema")
      writer.raw(Array(parameter.schema.utf8))
    }
  }

  /// The answers by status; those of one status are alternatives.
  private static func writeAnswers(
    of operation: Operation,
    of wire: any Wire,
    _ writer: inout JSONWriter
  ) {
    let answers = operation.answers + operation.sharedFailures
    for status in Set(answers.map(\.status.code)).sorted() {
      let alternatives = answers.filter { $0.status.code == status }
      writer.memberObject(String(status)) { writer in
        writer.member("description", alternatives.map(\.summary).joined(separator: " "))
        let contents = contents(of: alternatives, of: wire)
        guard !contents.isEmpty else { return }
        writer.memberObject("content") { writer in
          for (mediaType, schemas) in contents {
            writer.memberObject(mediaType) { writer in
              guard let first = schemas.first else { return }
              writer.name("schema")
              let schema =
                schemas.count == 1
                ? first : #"{"anyOf":[\#(schemas.joined(separator: ","))]}"#
              writer.raw(Array(schema.utf8))
            }
          }
        }
      }
    }
  }

  private static func contents(
    of answers: [Operation.Answer],
    of wire: any Wire
  ) -> [(mediaType: String, schemas: [String])] {
    var contents: [(mediaType: String, schemas: [String])] = []
    var codes: [String] = []
    func add(_ mediaType: String, _ schema: String?) {
      if let index = contents.firstIndex(where: { $0.mediaType == mediaType }) {
        contents[index].schemas += schema.map { [$0] } ?? []
      } else {
        contents.append((mediaType, schema.map { [$0] } ?? []))
      }
    }
    for answer in answers {
      switch answer.content {
      case .none: break
      case .body(let mediaType, let schema): add(mediaType, schema)
      case .problem(let some): codes += some
      }
    }
    if !codes.isEmpty { add(wire.errorMediaType, wire.errorSchema(codes: codes)) }
    return contents
  }

  private static func writeContent(
    _ mediaType: String,
    _ schema: String,
    _ writer: inout JSONWriter
  ) {
    writer.memberObject("content") { writer in
      writer.memberObject(mediaType) { writer in
        writer.name("schema")
        writer.raw(Array(schema.utf8))
      }
    }
  }
}
