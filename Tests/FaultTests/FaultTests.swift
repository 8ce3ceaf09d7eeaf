import Testing

/// The rows of the fault table; each suite is named by its row.
@Suite struct FaultTests {}
