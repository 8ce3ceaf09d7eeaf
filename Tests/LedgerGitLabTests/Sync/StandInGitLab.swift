#if GitLabSync
import Foundation
import Hummingbird
import HTTPTypes
import LedgerFormat
import LedgerHTTPTestSupport
import LedgerTestSupport
import NIOCore
import ServiceLifecycle
import Synchronization
import TrialLedger

/// GitLab's internal API for subscriptions as `gitlab-wire.md` describes it, over real HTTP: checks
/// our tokens against the keys that we publish, validates, and holds what it was given.
final class StandInGitLab: Sendable {
  /// What goes wrong with a request.
  enum Fault: Sendable {
    /// Answered by this status before anything is done.
    case status(Int)
    /// Answered by 429 and this `Retry-After` before anything is done.
    case limits(String)
    /// The connection is closed before anything is done.
    case closesBefore
    /// It is done, and the connection is closed in the middle of the answer.
    case losesAnswer
    /// Nothing is done, and no answer comes until ``letGo()``.
    case hangs
    /// It is done, and no answer comes until ``letGo()``.
    case hangsAfterwards
    /// It is done at ``letGo()``, and answered then.
    case hangsBefore
  }

  /// What is held for one namespace: canonical texts.
  struct Held: Equatable, Sendable {
    var subscription: String?
    var addOns: [String: String] = [:]
  }

  /// The requests that changed something, or would have.
  struct Change: Sendable {
    let namespace: String
    let body: String
  }

  private struct State {
    var held: [String: Held] = [:]
    var owners: [String: String] = [:]
    var log: [String] = []
    var changes: [Change] = []
    var requestCount = 0
    var overlapCount = 0
    var beingAnswered: Set<String> = []
    var busyCount = 0
    var hanging: [CheckedContinuation<Void, Never>] = []
    var isLetGo = false
  }

  /// The port of the server that publishes the keys.
  let keysPort = Mutex<Int>(0)
  /// What goes wrong with the request of that number, in order of arrival.
  let fault = Mutex<@Sendable (_ number: Int, _ namespace: String) -> Fault?>({ _, _ in nil })
  private let state = Mutex(State())
  let issuer: String
  let clock: Mutex<(any LedgerClock)?> = Mutex(nil)

  init(issuer: String) {
    self.issuer = issuer
  }

  /// What is held, by the namespaces' ids.
  var held: [String: Held] { state.withLock(\.held) }
  /// Every request with its answer, for a person to read.
  var log: [String] { state.withLock(\.log) }
  /// Everything that was taken on, in order.
  var changes: [Change] { state.withLock(\.changes) }
  /// How often a request about a namespace came before the one before it was answered.
  var overlapCount: Int { state.withLock(\.overlapCount) }
  /// How many requests came.
  var requestCount: Int { state.withLock(\.requestCount) }

  /// Says who owns a namespace: the answer's body.
  func own(_ namespace: String, _ owners: String) {
    state.withLock { $0.owners[namespace] = owners }
  }

  /// Has something else be held, as if somebody else had changed it.
  func hold(_ held: Held?, of namespace: String) {
    state.withLock { $0.held[namespace] = held }
  }

  func use(_ clock: any LedgerClock) { self.clock.withLock { $0 = clock } }

  /// Waits until nothing is done any more for requests whose sender may be gone.
  func quiet() async {
    while state.withLock({ $0.busyCount > 0 }) { await Task.yield() }
  }

  /// Answers what hangs, and hangs no more.
  func letGo() {
    let hanging = state.withLock { state in
      state.isLetGo = true
      defer { state.hanging = [] }
      return state.hanging
    }
    for one in hanging { one.resume() }
  }

  /// Runs it on a free port for as long as `body` runs.
  func run(_ body: @escaping @Sendable (_ port: Int) async throws -> Void) async throws {
    let router = Router()
    let path = RouterPath(
      "/api/v4/internal/gitlab_subscriptions/namespaces/:id/gitlab_subscription"
    )
    router.get(path) { [self] request, context in try await answer(request, context) }
    router.post(path) { [self] request, context in try await answer(request, context) }
    router.put(path) { [self] request, context in try await answer(request, context) }
    router.post(
      "/api/v4/internal/gitlab_subscriptions/namespaces/:id/subscription_add_on_purchases"
    ) { [self] request, context in try await answer(request, context) }
    for rest in ["subscription_add_on_purchases/:name", "owners"] {
      router.get("/api/v4/internal/gitlab_subscriptions/namespaces/:id/\(RouterPath(rest))") {
        [self]
        request,
        context in try await answer(request, context)
      }
    }
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in listening.yield(channel.localAddress?.port ?? 0) },
      logger: .silent
    )
    let group = ServiceGroup(services: [application], logger: .silent)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { listening.finish() }
        try await group.run()
      }
      for await port in ports {
        let result: Result<Void, any Error>
        do {
          result = .success(try await body(port))
        } catch {
          result = .failure(error)
        }
        letGo()
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        try result.get()
        break
      }
    }
  }

  private func answer(
    _ request: Request,
    _ context: BasicRequestContext
  ) async throws -> Response {
    let id = context.parameters.get("id") ?? ""
    let bytes = try await request.body.collect(upTo: 1 << 16)
    let body = String(buffer: bytes)
    let number = state.withLock { state in
      defer { state.requestCount += 1 }
      state.busyCount += 1
      if !state.beingAnswered.insert(id).inserted { state.overlapCount += 1 }
      return state.requestCount
    }
    defer {
      state.withLock { state in
        state.busyCount -= 1
        state.beingAnswered.remove(id)
      }
    }
    let fault = fault.withLock { $0 }(number, id)
    switch fault {
    case .status(let status):
      note(request, body, status, "")
      return reply(status, #"{"message":"injected"}"#)
    case .limits(let wait):
      note(request, body, 429, "come back in \(wait)")
      return reply(429, #"{"message":"injected"}"#, retryAfter: wait)
    case .closesBefore:
      note(request, body, nil, "closed before it was done")
      return broken()
    case .hangs:
      note(request, body, nil, "no answer")
      await hang()
      return broken()
    case .losesAnswer, .hangsBefore, .hangsAfterwards, nil: break
    }
    if let problem = await tokenProblem(request) {
      note(request, body, 401, problem)
      return reply(401, #"{"message":"401 Unauthorized"}"#)
    }
    if case .hangsBefore? = fault { await hang() }
    let (status, text) = perform(request.method, request.uri.path, id, body)
    note(request, body, status, fault == nil ? "" : "too late, or the answer is lost")
    if case .hangsAfterwards? = fault { await hang() }
    if case .hangsBefore? = fault { return reply(status, text) }
    return fault == nil ? reply(status, text) : broken()
  }

  private func hang() async {
    state.withLock { $0.busyCount -= 1 }
    defer { state.withLock { $0.busyCount += 1 } }
    await withCheckedContinuation { continuation in
      let isLetGo = state.withLock { state in
        if !state.isLetGo { state.hanging.append(continuation) }
        return state.isLetGo
      }
      if isLetGo { continuation.resume() }
    }
  }

  private func reply(_ status: Int, _ text: String, retryAfter: String? = nil) -> Response {
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.retryAfter] = retryAfter
    return Response(
      status: HTTPResponse.Status(code: status),
      headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(string: text))
    )
  }

  /// An answer that ends in its middle.
  private func broken() -> Response {
    Response(
      status: .ok,
      headers: [.contentType: "application/json", .contentLength: "1000"],
      body: ResponseBody(contentLength: 1_000) { writer in
        try await writer.write(ByteBuffer(string: "{"))
        throw Broken()
      }
    )
  }

  private struct Broken: Error {}

  private func note(_ request: Request, _ body: String, _ status: Int?, _ remark: String) {
    let answer = [status.map { "\($0)" } ?? "-", remark].filter { !$0.isEmpty }
      .joined(separator: " ")
    let line = "\(request.method) \(request.uri.path)\(body.isEmpty ? "" : " \(body)") → \(answer)"
    state.withLock { $0.log.append(line) }
  }
}

extension StandInGitLab {
  private func perform(
    _ method: HTTPRequest.Method,
    _ path: String,
    _ id: String,
    _ body: String
  ) -> (Int, String) {
    if path.hasSuffix("/subscription_add_on_purchases") { return purchase(id, body) }
    if path.hasSuffix("/owners") {
      let owners = state.withLock { $0.owners[id] }
      return owners.map { (200, $0) } ?? (404, #"{"message":"404 Namespace Not Found"}"#)
    }
    if path.contains("/subscription_add_on_purchases/") {
      return purchaseAnswer(id, path.split(separator: "/").last.map(String.init) ?? "")
    }
    return state.withLock { state in
      let known = state.held[id]?.subscription
      if method == .get {
        return known == nil ? (404, #"{"message":"404 Not Found"}"#) : (200, shown(known ?? ""))
      }
      if method == .put, known == nil { return (404, #"{"message":"404 Not Found"}"#) }
      if method == .post, known != nil {
        return (400, #"{"message":{"namespace_id":["has already been taken"]}}"#)
      }
      if let problem = subscriptionProblem(body) {
        return (400, #"{"message":{"base":["\#(problem)"]}}"#)
      }
      state.changes.append(Change(namespace: id, body: body))
      state.held[id, default: Held()].subscription = body
      return (method == .post ? 201 : 200, shown(body))
    }
  }

  private func purchase(_ id: String, _ body: String) -> (Int, String) {
    guard let value = parsed(body)?["add_on_purchases"], case .object(let members) = value,
      let member = members.first, members.count == 1,
      case .array(let items) = member.value, items.count == 1,
      case .string(let started)? = items[0]["started_on"], CalendarDate(started) != nil,
      case .string(let expires)? = items[0]["expires_on"], CalendarDate(expires) != nil,
      started <= expires, case .integer(let quantity)? = items[0]["quantity"], quantity > 0
    else { return (400, #"{"message":{"base":["is no purchase"]}}"#) }
    state.withLock { state in
      state.changes.append(Change(namespace: id, body: body))
      state.held[id, default: Held()].addOns[member.name] = body
    }
    return (201, "[]")
  }

  /// The purchase that is held, by GitLab's own name of the add-on.
  private func purchaseAnswer(_ id: String, _ name: String) -> (Int, String) {
    let pushedName = name == "code_suggestions" ? "duo_pro" : name
    guard name != "duo_pro",
      let held = state.withLock({ $0.held[id]?.addOns[pushedName] }),
      case .array(let items)? = parsed(held)?["add_on_purchases"]?[pushedName],
      case .object(let members)? = items.first
    else { return (404, #"{"message":"404 Not Found"}"#) }
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("namespace_name", "g")
      writer.member("add_on", name)
      for member in members {
        switch member.value {
        case .string(let text): writer.member(member.name, text)
        case .integer(let number): writer.member(member.name, Int(number))
        case .bool(let isTrue): writer.member(member.name, isTrue)
        default: continue
        }
      }
    }
    return (200, writer.text)
  }

  /// GitLab's validations.
  private func subscriptionProblem(_ body: String) -> String? {
    guard let value = parsed(body) else { return "is no object" }
    var dates: [String: CalendarDate] = [:]
    for name in ["start_date", "end_date", "trial_starts_on", "trial_ends_on"] {
      switch value[name] {
      case .null, nil: continue
      case .string(let text):
        guard let date = CalendarDate(text) else { return "\(name) is no date" }
        dates[name] = date
      default: return "\(name) is no date"
      }
    }
    if value["trial"] == .bool(true) {
      guard let starts = dates["trial_starts_on"], let ends = dates["trial_ends_on"] else {
        return "a trial needs both dates"
      }
      if ends <= starts { return "a trial ends after it starts" }
    }
    return nil
  }

  private func shown(_ body: String) -> String {
    let value = parsed(body)
    var writer = JSONWriter()
    func text(_ name: String) -> String? {
      if case .string(let text)? = value?[name] { text } else { nil }
    }
    writer.object { writer in
      writer.memberObject("plan") { writer in
        writer.member("code", text("plan_code") ?? "free")
        writer.member("name", text("plan_code") ?? "free")
        writer.member("trial", value?["trial"] == .bool(true))
        writer.name("auto_renew")
        if case .bool(let isRenewed)? = value?["auto_renew"] {
          writer.value(isRenewed)
        } else {
          writer.null()
        }
      }
      writer.memberObject("usage") { _ in }
      writer.memberObject("billing") { writer in
        writer.member("subscription_start_date", text("start_date").flatMap { CalendarDate($0) })
        writer.member("subscription_end_date", text("end_date").flatMap { CalendarDate($0) })
        writer.member("trial_ends_on", text("trial_ends_on").flatMap { CalendarDate($0) })
      }
    }
    return writer.text
  }

  func parsed(_ body: String) -> JSONValue? {
    try? JSONValue(parsing: Array(body.utf8).span, numbers: .any, byteCountMax: 1 << 16)
  }
}
#endif
