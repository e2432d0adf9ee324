import ArgumentParser
import Varve
import VarveFiles

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "The messages that were dropped, and are kept.",
        subcommands: [List.self, Get.self, Retry.self, Purge.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List them, by shard and then oldest first.")

        @OptionGroup var arguments: IngestArguments
        @Argument(help: "The index.") var index: String
        @Option(help: "At most so many, 1 to 1000.") var limit = 100
        @Option(help: "The last id of the page before.") var after: String?

        func validate() throws {
            guard (1...1_000).contains(limit) else {
                throw ValidationError("--limit is 1 to 1000, not \(limit)")
            }
        }

        func run() async throws {
            try await arguments.withSite(index) { site in
                let page = try await site.letters(after: after, limit: limit)
                for letter in page.letters { try Output.line(arguments.json ? letter.json : letter.words) }
                Output.note("\(page.letters.count) of \(page.total) dropped messages")
                if page.evicted > 0 { Output.note("\(page.evicted) more had to make room, or were too old") }
                if let next = page.next { Output.note("the next page: --after \(next)") }
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the message itself, byte for byte; what is known of it with --json.")

        @OptionGroup var arguments: IngestArguments
        @Argument(help: "The index.") var index: String
        @Argument(help: "Its id.") var id: String

        func run() async throws {
            try await arguments.withSite(index) { site in
                let letter = try await site.letter(id)
                if arguments.json { return try Output.line(letter.json) }
                Output.note(letter.words)
                try Output.source(letter.payload ?? [])
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try to apply them again; what succeeds is no longer kept. Status 1 if one fails.")

        @OptionGroup var arguments: IngestArguments
        @Argument(help: "The index.") var index: String
        @Argument(help: "Their ids; all unless given.") var ids: [String] = []

        func run() async throws {
            try await arguments.withSite(index) { site in
                let outcome = try await site.retry(ids.isEmpty ? nil : ids)
                if arguments.json {
                    var line = JSONLine()
                    line.add("settled", outcome.settled)
                    line.add("failed", outcome.failed.count)
                    try Output.line(line.text)
                } else {
                    try Output.line("\(outcome.settled) settled, \(outcome.failed.count) failed")
                }
                for failure in outcome.failed {
                    Output.note(failure.id.printable + "\t" + failure.reason.printable)
                }
                if !outcome.failed.isEmpty {
                    throw CommandFailure.no("some messages still cannot be applied")
                }
            }
        }
    }

    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Drop them for good.")

        @OptionGroup var arguments: IngestArguments
        @Argument(help: "The index.") var index: String
        @Argument(help: "Their ids.") var ids: [String] = []
        @Flag(help: "All of them.") var all = false

        func validate() throws {
            if all == !ids.isEmpty { throw ValidationError("give ids, or --all for all of them") }
        }

        func run() async throws {
            try await arguments.withSite(index) { site in
                let count = try await site.purge(all ? nil : ids)
                var line = JSONLine()
                line.add("purged", count)
                try Output.line(arguments.json ? line.text : "\(count) purged")
            }
        }
    }
}
