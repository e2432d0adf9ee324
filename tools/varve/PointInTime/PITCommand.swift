import ArgumentParser

struct PITCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pit", abstract: "Points in time: named, durable, frozen views.",
        subcommands: [
            PITOpenCommand.self, PITListCommand.self, PITShowCommand.self, PITExtendCommand.self,
            PITCloseCommand.self,
        ])
}
