import Foundation

/// The whole engine on a disk that is stopped at every call. These tests are being brought up: they report findings
/// that are not sorted yet into faults of the engine and faults of the oracle, so they run only when asked for, with
/// `VARVE_CRASH_STATES` set (to `all` for every state, to anything else for a few at each point).
enum CrashTests {
    static var areWanted: Bool { ProcessInfo.processInfo.environment["VARVE_CRASH_STATES"] != nil }
}
