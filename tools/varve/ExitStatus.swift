import Varve

/// What a command's end says.
enum ExitStatus: Int32 {
    case yes = 0
    /// Not found, a conflict, or a store that cannot be used now.
    case no = 1
    case wrongUsage = 2
    case damage = 3

    init(_ kind: VarveError.Kind) {
        switch kind {
        case .invalid: self = .wrongUsage
        case .corrupted: self = .damage
        default: self = .no
        }
    }
}

/// Why a command ends early: one sentence with the input and the rule, and the status that it ends with.
struct CommandFailure: Error {
    let status: ExitStatus
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    static func badInput(_ message: String) -> CommandFailure { CommandFailure(.wrongUsage, message) }
    static func no(_ message: String) -> CommandFailure { CommandFailure(.no, message) }
}

/// Nobody reads the output any more: the command has done its work.
struct ClosedPipe: Error {}
