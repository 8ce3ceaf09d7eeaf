import ArgumentParser
import LedgerHTTP

/// The limits of the HTTP service, each with the documented default.
struct HTTPLimitOptions: ParsableArguments {
  private static let standard = HTTPLimits()

  @Option(help: ArgumentHelp("The longest request line, in bytes.", valueName: "n"))
  var maxRequestLine = standard.requestLineByteCountMax
  @Option(
    help: ArgumentHelp("The longest request line with ids in it, in bytes.", valueName: "n")
  )
  var maxLongRequestLine = standard.longRequestLineByteCountMax
  @Option(help: ArgumentHelp("The largest header section, in bytes.", valueName: "n"))
  var maxHeaders = standard.headersByteCountMax
  @Option(help: ArgumentHelp("The most header fields.", valueName: "n"))
  var maxHeaderFields = standard.headerCountMax
  @Option(help: ArgumentHelp("The largest body of a single request, in bytes.", valueName: "n"))
  var maxBody = standard.bodyByteCountMax
  @Option(help: ArgumentHelp("The largest body of a batch, in bytes.", valueName: "n"))
  var maxBatchBody = standard.batchByteCountMax
  @Option(
    help: ArgumentHelp("The most bytes of large requests held for all clients.", valueName: "n")
  )
  var maxRequestMemory = standard.requestMemoryByteCountMax
  @Option(help: ArgumentHelp("The most commands or ids in a request.", valueName: "n"))
  var maxItems = standard.itemCountMax
  @Option(help: ArgumentHelp("The most connections at a time.", valueName: "n"))
  var maxConnections = standard.connectionCountMax
  @Option(help: ArgumentHelp("The most questions that wait for stored events.", valueName: "n"))
  var maxWaitingQuestions = standard.waitingQuestionCountMax
  @Option(help: ArgumentHelp("The most streams at a time.", valueName: "n"))
  var maxStreams = standard.streamCountMax
  @Option(help: ArgumentHelp("How long a connection may stay silent.", valueName: "seconds"))
  var idleTimeout = 30
  @Option(help: ArgumentHelp("How long a body may take to arrive.", valueName: "seconds"))
  var readTimeout = 60
  @Option(help: ArgumentHelp("How long a client may take nothing.", valueName: "seconds"))
  var writeTimeout = 30
  @Option(help: ArgumentHelp("How long a stream lasts.", valueName: "seconds"))
  var streamTimeout = 3_600
  @Option(help: ArgumentHelp("How long a stream is silent at most.", valueName: "seconds"))
  var heartbeat = 15
  @Option(help: ArgumentHelp("How long stopping waits for open requests.", valueName: "seconds"))
  var stopTimeout = 4

  /// The limits of the options.
  var limits: HTTPLimits {
    var limits = HTTPLimits()
    limits.requestLineByteCountMax = maxRequestLine
    limits.longRequestLineByteCountMax = maxLongRequestLine
    limits.headersByteCountMax = maxHeaders
    limits.headerCountMax = maxHeaderFields
    limits.bodyByteCountMax = maxBody
    limits.batchByteCountMax = maxBatchBody
    limits.requestMemoryByteCountMax = maxRequestMemory
    limits.itemCountMax = maxItems
    limits.connectionCountMax = maxConnections
    limits.waitingQuestionCountMax = maxWaitingQuestions
    limits.streamCountMax = maxStreams
    limits.idleTimeout = .seconds(idleTimeout)
    limits.readTimeout = .seconds(readTimeout)
    limits.writeTimeout = .seconds(writeTimeout)
    limits.streamTimeout = .seconds(streamTimeout)
    limits.heartbeatInterval = .seconds(heartbeat)
    limits.stopTimeout = .seconds(stopTimeout)
    return limits
  }

  func validate() throws {
    let sizes = [
      maxRequestLine, maxLongRequestLine, maxHeaders, maxHeaderFields, maxBody, maxBatchBody,
      maxRequestMemory, maxItems, maxConnections, maxWaitingQuestions, maxStreams,
    ]
    // What is held in memory for each client follows from them.
    guard sizes.allSatisfy({ (1...(1 << 30)).contains($0) }) else {
      throw ValidationError("Every limit must be 1 to \(1 << 30).")
    }
    let seconds = [idleTimeout, readTimeout, writeTimeout, streamTimeout, heartbeat, stopTimeout]
    guard seconds.allSatisfy({ (1...86_400).contains($0) }) else {
      throw ValidationError("Every time must be 1 to 86400 seconds.")
    }
  }
}
