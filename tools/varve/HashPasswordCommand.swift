#if Server
import ArgumentParser
import VarveServer

struct HashPasswordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash-password", abstract: "Make the hash of a password for a security file.",
        discussion: """
            The password is the first line of standard input. The hash goes to standard output: bcrypt, which \
            OpenSearch reads too, or yescrypt.
            """)

    @Option(name: .long, help: "How it is hashed: bcrypt or yescrypt.", transform: Self.method)
    var method = PasswordMethod.bcrypt

    private static func method(_ text: String) throws -> PasswordMethod {
        guard let method = PasswordMethod(rawValue: text) else {
            throw ValidationError(
                "it is one of \(PasswordMethod.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return method
    }

    func run() throws {
        var password = Array(try InputBytes.read("-").prefix { $0 != 0x0A })
        if password.last == 0x0D { password.removeLast() }
        guard let hash = SecuritySource.hash(of: password, method) else {
            throw CommandFailure.badInput(
                "no password for \(method.rawValue): it has 1 to \(method == .bcrypt ? 72 : 255) bytes and none is zero"
            )
        }
        try Output.line(hash)
    }
}
#endif
