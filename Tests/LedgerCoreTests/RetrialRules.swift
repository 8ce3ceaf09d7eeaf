import LedgerCore

/// `gitlab-2026-08-retrial`, written by hand: the core knows no YAML.
let retrialRules: RuleSet = {
  let paidPlans = plans("bronze", "silver", "premium", "gold", "ultimate")
  let retrial = Condition(
    .all([
      Condition(.planIn(plans("default", "free")), refuseAs: "plan_not_eligible"),
      Condition(.not(Condition(.activeTrial(.any))), refuseAs: "trial_active"),
      Condition(
        .daysSince(
          .trialEnd,
          of: .types(
            types("ultimate", "ultimate_with_dap", "ultimate_with_gitlab_duo_enterprise")
          ),
          atLeast: 90
        ),
        refuseAs: "cooling_off"
      ),
    ])
  )
  let premiumOnce = Condition(
    .all([
      Condition(.planIn(plans("premium")), refuseAs: "plan_not_eligible"),
      onlyOnce(
        "ultimate_on_premium_with_dap",
        "ultimate_on_premium_with_gitlab_duo_enterprise"
      ),
      Condition(.not(Condition(.activeTrial(.any))), refuseAs: "trial_active"),
    ])
  )
  let longerOnPremium = RuleSet.TrialDuration(
    byPlan: plans("premium").map { ($0, 60) },
    otherwise: 30
  )
  let thirtyDays = RuleSet.TrialDuration(otherwise: 30)
  return RuleSet(
    id: rulesID("gitlab-2026-08-retrial"),
    plans: RuleSet.Plans(
      known: plans("default", "free") + paidPlans
        + plans(
          "ultimate_trial",
          "premium_trial",
          "ultimate_trial_paid_customer",
          "opensource",
          "early_adopter"
        ),
      paid: paidPlans,
      fallback: plan("free")
    ),
    trialTypes: [
      trialType("ultimate_with_dap", thirtyDays, "ultimate_trial", true, retrial),
      trialType(
        "ultimate_on_premium_with_dap",
        longerOnPremium,
        "ultimate_trial_paid_customer",
        false,
        premiumOnce
      ),
      trialType(
        "ultimate_with_gitlab_duo_enterprise",
        thirtyDays,
        "ultimate_trial",
        true,
        retrial
      ),
      trialType(
        "ultimate_on_premium_with_gitlab_duo_enterprise",
        longerOnPremium,
        "ultimate_trial_paid_customer",
        false,
        premiumOnce
      ),
      trialType("gitlab_duo_pro", longerOnPremium, nil, false, duo("premium", "gitlab_duo_pro")),
      trialType(
        "gitlab_duo_enterprise",
        RuleSet.TrialDuration(otherwise: 60),
        nil,
        false,
        duo("ultimate")
      ),
    ],
    extension: secondChance,
    reactivation: secondChance
  )
}()

private let secondChance = RuleSet.Grant(
  days: 30,
  of: .types(
    types(
      "ultimate",
      "ultimate_with_dap",
      "ultimate_on_premium_with_dap",
      "ultimate_with_gitlab_duo_enterprise",
      "ultimate_on_premium_with_gitlab_duo_enterprise"
    )
  ),
  allowedWhen: Condition(
    .all([
      Condition(.paid(false), refuseAs: "paid_subscription_active"),
      Condition(
        .extensionsAndReactivationsUsed(atMost: 0),
        refuseAs: "already_extended_or_reactivated"
      ),
    ])
  )
)

private func duo(_ plan: String, _ other: String...) -> Condition {
  Condition(
    .all([
      Condition(.planIn(plans(plan)), refuseAs: "plan_not_eligible"),
      Condition(
        .not(Condition(.hasTrialed(.types((other + ["gitlab_duo_enterprise"]).map(type))))),
        refuseAs: "already_trialed"
      ),
    ])
  )
}

private func onlyOnce(_ names: String...) -> Condition {
  Condition(.not(Condition(.hasTrialed(.types(names.map(type))))), refuseAs: "already_trialed")
}

private func trialType(
  _ name: String,
  _ duration: RuleSet.TrialDuration,
  _ planWhileActive: String?,
  _ endsWhenPaid: Bool,
  _ condition: Condition
) -> RuleSet.TrialTypeRule {
  RuleSet.TrialTypeRule(
    name: type(name),
    duration: duration,
    planWhileActive: planWhileActive.map(plan),
    endsWhenPaid: endsWhenPaid,
    eligibleWhen: condition
  )
}
