import Crypto
package import LedgerCore
import LedgerFormat

/// A part of what GitLab holds for a namespace that is pushed by itself.
package struct PushedPart: Equatable, Sendable {
  /// Which part.
  package enum Kind: Hashable, Sendable {
    case subscription
    /// The purchase of the add-on of that name.
    case addOn(String)

    /// By which the part is known in the file of what was pushed, and to people.
    package var name: String {
      switch self {
      case .subscription: "subscription"
      case .addOn(let name): name
      }
    }
  }

  /// Which part.
  package let kind: Kind
  /// The body of the request that pushes it.
  package let body: [UInt8]
  /// Whether GitLab takes a namespace for this without being told.
  package let isNothing: Bool

  /// A part of that content.
  package init(kind: Kind, body: [UInt8], isNothing: Bool) {
    self.kind = kind
    self.body = body
    self.isNothing = isNothing
  }

  /// What tells this content from another: the first 16 bytes of the SHA-256 of ``body``.
  package var hash: [UInt8] { Array(SHA256.hash(data: body).prefix(16)) }
}

/// What the ledger does not know and GitLab is told nevertheless.
package struct PushOptions: Equatable, Sendable {
  /// GitLab's name of the add-on that a trial type is of.
  package var addOns: [TrialType: String]
  /// The seats of an add-on's trial.
  package var addOnQuantity = 100
  /// The seats of a subscription; `nil` leaves GitLab's number alone.
  package var seats: Int?
  /// Whether a subscription is renewed by itself; `nil` leaves GitLab's answer alone.
  package var isAutoRenewed: Bool?

  /// Those of gitlab-wire.md.
  package init() {
    var addOns: [TrialType: String] = [:]
    for name in ["duo_pro", "duo_enterprise"] {
      if let type = TrialType("gitlab_" + name) { addOns[type] = name }
    }
    self.addOns = addOns
  }
}

extension GitLabHolding {
  /// What is pushed, the subscription first.
  ///
  /// - Parameters:
  ///   - plans: The plans of the rules in force.
  ///   - options: What else GitLab is told.
  /// - Returns: One part for the subscription and one for each add-on that had a trial.
  package func parts(_ plans: RuleSet.Plans, _ options: PushOptions) -> [PushedPart] {
    var parts = [
      PushedPart(
        kind: .subscription,
        body: subscription.body(options),
        isNothing: subscription.isNothing(plans)
      )
    ]
    for purchase in addOns {
      parts.append(
        PushedPart(
          kind: .addOn(purchase.addOn),
          body: purchase.body(quantity: options.addOnQuantity),
          isNothing: false
        )
      )
    }
    return parts
  }
}

extension GitLabHolding.Subscription {
  fileprivate func body(_ options: PushOptions) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("start_date", startDate)
      writer.member("end_date", endDate)
      writer.member("plan_code", plan.code)
      if let seats = options.seats { writer.member("seats", seats) }
      if let isAutoRenewed = options.isAutoRenewed { writer.member("auto_renew", isAutoRenewed) }
      writer.member("trial", isTrial)
      writer.member("trial_starts_on", trialStartsOn)
      writer.member("trial_ends_on", trialEndsOn)
      writer.name("trial_extension_type")
      if let trialExtension { writer.value(trialExtension.rawValue) } else { writer.null() }
    }
    return writer.bytes
  }
}

extension GitLabHolding.AddOnPurchase {
  fileprivate func body(quantity: Int) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.memberObject("add_on_purchases") { writer in
        writer.memberArray(addOn) { writer in
          writer.object { writer in
            writer.member("started_on", startedOn)
            writer.member("expires_on", expiresOn)
            writer.member("quantity", quantity)
            writer.member("purchase_xid", String(purchaseID))
            writer.member("trial", true)
          }
        }
      }
    }
    return writer.bytes
  }
}
