import ArgumentParser
import VarveFiles

/// `varve-inspect`: looks into the files of a store and never changes a byte.
///
/// It works beside a live writer, on a store that was killed, and on damaged files, of which it decodes what can
/// be decoded. Exit status: 0 sound, 1 not found, 2 wrong usage, 3 damage.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "varve-inspect", abstract: "Looks into a store's files; never changes a byte.",
        discussion: "Exit status: 0 sound, 1 not found, 2 wrong usage, 3 damage.",
        subcommands: [
            StatsCommand.self, WALCommand.self, PITsCommand.self, DumpCommand.self, VerifyCommand.self,
        ])
}

@main
enum Main {
    static func main() {
        StandardStreams.prepare()
        let status = run()
        InspectCommand.exit(withError: status == .sound ? nil : ExitCode(status.rawValue))
    }

    private static func run() -> ExitStatus {
        do {
            var command = try InspectCommand.parseAsRoot()
            try command.run()
            return .sound
        } catch is ClosedPipe {
            return .sound
        } catch let failure as InspectFailure {
            if !failure.message.isEmpty { Output.note("varve-inspect: " + failure.message.printable) }
            return failure.status
        } catch let error as StorageError {
            Output.note("varve-inspect: \(error)".printable)
            if case .damaged = error { return .damage }
            return .notFound
        } catch {
            let isHelp = InspectCommand.exitCode(for: error) == .success
            let text = InspectCommand.fullMessage(for: error)
            if isHelp { try? Output.line(text) } else { Output.note(text) }
            return isHelp ? .sound : .wrongUsage
        }
    }
}

enum ExitStatus: Int32 {
    case sound = 0
    case notFound = 1
    case wrongUsage = 2
    case damage = 3
}

/// Why the command ends with another status than 0; an empty message if all has been said.
struct InspectFailure: Error {
    let status: ExitStatus
    let message: String

    init(_ status: ExitStatus, _ message: String = "") {
        self.status = status
        self.message = message
    }
}
