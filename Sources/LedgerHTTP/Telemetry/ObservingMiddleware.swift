import HTTPTypes
import Hummingbird
import LedgerFormat
import Synchronization
import TrialLedger

/// Gives each request an id, counts it and writes the access log, if there is one.
struct ObservingMiddleware: RouterMiddleware {
  let observer: RequestObserver

  @concurrent func handle(
    _ request: Request,
    context: LedgerRequestContext,
    next: @concurrent (Request, LedgerRequestContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    var context = context
    let id = observer.requestID(of: request.headers)
    context.requestID = id
    observer.telemetry.noteRequest()
    // Nothing is thrown past `FailureMiddleware`, which comes next.
    var response = try await next(request, context)
    response.headers[.requestID] = id
    let answered = Telemetry.Answered(
      method: RequestObserver.name(of: request.method),
      route: RequestObserver.name(ofRoute: context.endpointPath),
      status: response.status.code
    )
    observer.note(answered, since: start, id: id, context.notes.known)
    return response
  }
}

/// What is noted of each request, whoever answers it.
struct RequestObserver: Sendable {
  let telemetry: Telemetry
  private let clock: any LedgerClock
  private let ids = RequestIDs()
  private let accessLog: (@Sendable ([UInt8]) -> Void)?

  /// Counts in `telemetry`, and gives `accessLog` its lines.
  init(
    _ telemetry: Telemetry,
    _ clock: any LedgerClock,
    _ accessLog: (@Sendable ([UInt8]) -> Void)?
  ) {
    self.telemetry = telemetry
    self.clock = clock
    self.accessLog = accessLog
  }

  /// The id that a request brings, or the next.
  func requestID(of headers: HTTPFields) -> String {
    broughtID(of: headers) ?? ids.next()
  }

  /// Counts an answer to a request that ``Telemetry/noteRequest()`` counted.
  func note(
    _ answered: Telemetry.Answered,
    since start: ContinuousClock.Instant,
    id: String,
    _ known: @autoclosure () -> RequestNotes.Known
  ) {
    let (seconds, fraction) = (ContinuousClock.now - start).components
    let microseconds = Int(seconds) * 1_000_000 + Int(fraction / 1_000_000_000_000)
    telemetry.noteAnswer(answered, microseconds: microseconds)
    if let accessLog { accessLog(line(answered, id: id, known(), microseconds: microseconds)) }
  }

  /// The id that a request brings, if it is fit for a log.
  private func broughtID(of headers: HTTPFields) -> String? {
    guard let id = headers[.requestID], (1...64).contains(id.utf8.count),
      id.utf8.allSatisfy({ byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      })
    else { return nil }
    return id
  }

  /// The method's name; those nobody knows are one, because clients make them up.
  static func name(of method: HTTPRequest.Method) -> String {
    switch method {
    case .get, .head, .post, .put, .delete, .options, .trace, .patch, .connect: method.rawValue
    default: "other"
    }
  }

  /// The route's path, as it is declared.
  static func name(ofRoute path: String?) -> String {
    guard let path, path != "NotFound" else { return "none" }
    return path
  }

  private func line(
    _ answered: Telemetry.Answered,
    id: String,
    _ known: RequestNotes.Known,
    microseconds: Int
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("at", clock.now())
      writer.member("request_id", id)
      writer.name("caller")
      if let caller = known.caller { writer.value(caller) } else { writer.null() }
      writer.member("method", answered.method)
      writer.member("route", answered.route)
      writer.member("namespace_count", known.namespaceCount)
      writer.member("first_namespace_id", known.firstNamespace)
      writer.member("status", answered.status)
      writer.member("microseconds", microseconds)
    }
    writer.newline()
    return writer.bytes
  }
}

/// Ids for requests that bring none: a word of the process's own and a number.
final class RequestIDs: Sendable {
  private let word = String(UInt32.random(in: .min ... .max), radix: 36)
  private let count = Atomic<Int>(0)

  /// The next id.
  func next() -> String {
    "\(word)-\(count.add(1, ordering: .relaxed).newValue)"
  }
}

extension HTTPField.Name {
  /// The id of a request, by which client, proxy and server speak of it.
  static var requestID: Self { known("X-Request-Id") }
}
