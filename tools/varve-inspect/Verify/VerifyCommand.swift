import ArgumentParser
import VarveFiles

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every file of a store against its checksums.",
        discussion: "Status 3 if anything is damaged; each finding names the file and the byte.")

    @Argument(help: "The store's directory.") var directory: String
    @Flag(help: "Also open every block and compare what the parts of a segment say of each other.")
    var structure = false

    func run() throws {
        let store = try StoreView(directory)
        var verifier = StoreVerifier(store, opensBlocks: structure)
        try verifier.verify()
        for finding in verifier.findings { try Output.line(store.text(finding)) }
        let damaged = Set(verifier.findings.map(\.path)).count
        let files = Wording.grouped(verifier.files.count)
        if damaged > 0 {
            try Output.line("\(damaged) of \(files) files damaged; nothing was changed")
            throw InspectFailure(.damage)
        }
        try Output.line("\(files) files, \(Wording.size(verifier.byteCount)), all sound")
    }
}
