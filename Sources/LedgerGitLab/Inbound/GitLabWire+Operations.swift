import HTTPTypes
import Hummingbird
package import LedgerHTTP

/// GitLab's routes, as `/openapi.json` tells of them.
extension GitLabWire {
  package var operations: [Operation] {
    [eligibilityOperation, typesOperation] + trialOperations + leadOperations
  }

  package var securitySchemes: [(name: String, scheme: String)] {
    [
      ("gitlab_email", #"{"type":"apiKey","in":"header","name":"X-Admin-Email"}"#),
      ("gitlab_token", #"{"type":"apiKey","in":"header","name":"X-Admin-Token"}"#),
    ]
  }

  private var eligibilityOperation: Operation {
    operation(
      .get,
      eligibilityPath,
      "askEligibilityForGitLab",
      "Which trials each of many namespaces may start.",
      parameters: [
        Operation.Parameter(
          "query",
          "namespace_ids[]",
          "The namespaces, as many as the request line holds.",
          schema: #"{"type":"array","minItems":1,"#
            + #""items":{"type":"integer","format":"int64","minimum":1}}"#,
          isRequired: true
        )
      ],
      answers: [.json(.ok, "Every id asked for is answered.", "GitLabEligibility")]
    ) { [self] in try eligibility($0, $1) }
  }

  private var typesOperation: Operation {
    operation(
      .get,
      "/api/v1/gitlab/namespaces/trials/trial_types",
      "listTrialTypesForGitLab",
      "The trial types of the rules in force, with their durations.",
      answers: [.json(.ok, "The types.", "GitLabTrialTypes")]
    ) { [self] _, _ in try trialTypes() }
  }

  private var trialOperations: [Operation] {
    let answers: [Operation.Answer] = [
      .json(.created, "Recorded.", "GitLabSuccess"),
      .json(.ok, "Recorded, or a repetition of what was recorded.", "GitLabSuccess"),
      .problem(.conflict, "The id has other content.", codes: "conflict"),
      .problem(.unprocessableContent, "Refused; the sentence reaches the user.", codes: "refused"),
      .problem(.forbidden, "This server only reads.", codes: "read_only"),
    ]
    let body = Operation.Body(schema: reference(to: "GitLabTrialRequest"))
    func add(
      _ method: HTTPRequest.Method,
      _ path: String,
      _ id: String,
      _ summary: String,
      _ handler: @escaping RouteHandler
    ) -> Operation {
      operation(method, path, id, summary, body: body, answers: answers, handler: handler)
    }
    return [
      add(
        .post,
        "/trials/gitlab_com/ultimates",
        "startUltimateTrial",
        "Starts an Ultimate trial.",
        { [self] in try await ultimate($0, $1) }
      ),
      add(
        .post,
        "/trials",
        "startUltimateTrialByOldPath",
        "Starts an Ultimate trial, by its older path.",
        { [self] in try await ultimate($0, $1) }
      ),
      add(
        .post,
        "/trials/gitlab_com/addons",
        "startAddOnTrial",
        "Starts the trial of an add-on.",
        { [self] in try await addOn($0, $1) }
      ),
      add(
        .post,
        "/trials/create_addon",
        "startAddOnTrialByOldPath",
        "Starts the trial of an add-on, by its older path.",
        { [self] in try await addOn($0, $1) }
      ),
      add(
        .put,
        "/trials/extend_reactivate_trial",
        "extendOrReactivateTrial",
        "Extends the active trial, or grants an expired one again.",
        { [self] in try await grant($0, $1) }
      ),
    ]
  }

  private var leadOperations: [Operation] {
    [
      ("/leads/gitlab_com/ultimates", "takeUltimateLead"),
      ("/leads/gitlab_com/addons", "takeAddOnLead"),
      ("/leads/gitlab_com/hand_raises", "takeHandRaise"),
      ("/trials/create_hand_raise_lead", "takeHandRaiseByOldPath"),
    ].map { path, id in
      operation(
        .post,
        path,
        id,
        "Takes a lead, of which nothing is kept.",
        body: Operation.Body(schema: #"{"type":"object"}"#),
        answers: [.json(.ok, "Taken.", "GitLabSuccess")]
      ) { [self] request, _ in try await lead(request) }
    }
  }

  /// An operation for who shows GitLab's credentials.
  private func operation(
    _ method: HTTPRequest.Method,
    _ path: String,
    _ id: String,
    _ summary: String,
    parameters: [Operation.Parameter] = [],
    body: Operation.Body? = nil,
    answers: [Operation.Answer],
    handler: @escaping RouteHandler
  ) -> Operation {
    Operation(
      method,
      path,
      id,
      summary,
      access: .scheme("gitlab_email gitlab_token"),
      parameters: parameters,
      body: body,
      answers: answers
    ) { [self] request, context in
      try authenticate(request)
      context.note(caller: "gitlab")
      return try await handler(request, context)
    }
  }

  package var schemas: [(name: String, schema: String)] {
    [
      (
        "GitLabErrors",
        #"{"type":"object","required":["errors"],"properties":{"errors":{"type":"string"}}}"#
      ),
      (
        "GitLabEligibility",
        """
        {"type":"object","required":["namespaces","success"],"properties":{
        "namespaces":{"type":"object","additionalProperties":{"type":"array",
        "items":{"type":"string"}}},"success":{"const":true}}}
        """
      ),
      (
        "GitLabTrialTypes",
        """
        {"type":"object","required":["trial_types"],"properties":{"trial_types":{"type":"object",
        "additionalProperties":{"type":"object","required":["duration_days"],
        "properties":{"duration_days":{"type":"integer"}}}}}}
        """
      ),
      (
        "GitLabSuccess",
        """
        {"type":"object","required":["success"],"properties":{"success":{"const":true},
        "trial_type":{"type":"string"},"starts_on":{"type":"string"},"ends_on":{"type":"string"}}}
        """
      ),
      (
        "GitLabTrialRequest",
        """
        {"type":"object","required":["uid","trial_user"],"properties":{
        "uid":{"type":"integer","minimum":1},"trial_user":{"type":"object",
        "required":["namespace_id"],"properties":{"namespace_id":{"type":"integer","minimum":1},
        "trial_type":{"type":"string"},"add_on_name":{"enum":["code_suggestions",
        "duo_enterprise"]},"trial_extension_type":{"enum":["1","2",1,2]},
        "trial_entity":{},"glm_source":{"type":"string"},"glm_content":{"type":"string"},
        "namespace":{"type":"object"}}}}}
        """
      ),
    ]
  }
}
