import ArgumentParser
import Varve
import VarveFiles

/// `varve`: a store at the command line, in the words of the library.
///
/// Results go to standard output, everything else to standard error. The exit status is an answer: 0 yes, 1 no
/// (not found, conflict, expired), 2 wrong usage or bad input, 3 damage. A closed pipe is no error.
struct VarveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "varve", abstract: "A document store in one directory.",
        discussion: """
            The store is named by --store or VARVE_STORE. Results go to standard output, the rest to standard \
            error. Exit status: 0 yes, 1 no (not found, conflict), 2 wrong usage or bad input, 3 damage.
            """,
        subcommands: [
            InitCommand.self, IndexCommand.self, PutCommand.self, GetCommand.self, DeleteCommand.self,
            SearchCommand.self, CountCommand.self, PITCommand.self, IngestCommand.self, RefreshCommand.self,
            FlushCommand.self, MergeCommand.self,
        ] + serving)

    #if Server
    private static let serving: [any ParsableCommand.Type] = [ServeCommand.self, HashPasswordCommand.self]
    #else
    private static let serving: [any ParsableCommand.Type] = []
    #endif
}

@main
enum Main {
    static func main() async {
        StandardStreams.prepare()
        let status = await run()
        VarveCommand.exit(withError: status == .yes ? nil : ExitCode(status.rawValue))
    }

    private static func run() async -> ExitStatus {
        do {
            var command = try VarveCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .yes
        } catch is ClosedPipe {
            return .yes
        } catch let failure as CommandFailure {
            Output.complain(failure.message)
            return failure.status
        } catch let error as VarveError {
            Output.complain(error.message)
            return ExitStatus(error.kind)
        } catch let error as FileError {
            Output.complain("\(error)")
            return .no
        } catch {
            return answerUsage(error)
        }
    }

    /// Help was asked for, or the words on the line fit no command.
    private static func answerUsage(_ error: any Error) -> ExitStatus {
        let isHelp = VarveCommand.exitCode(for: error) == .success
        let text = VarveCommand.fullMessage(for: error)
        if isHelp { try? Output.line(text) } else { Output.note(text) }
        return isHelp ? .yes : .wrongUsage
    }
}
