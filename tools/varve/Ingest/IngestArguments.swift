import ArgumentParser
import Varve
import VarveFiles

/// Where the ingestion is that a command is about: in a store's directory, or on a server that runs.
struct IngestArguments: ParsableArguments {
    @OptionGroup var store: StoreArguments

    #if Server
    @Option(help: "A server that has the store open, as in http://127.0.0.1:9200.")
    var server: String?

    @Option(help: "Who asks the server. The password is read from VARVE_PASSWORD, or from a file.")
    var user: String?

    @Option(help: "A file with the password on its first line.")
    var passwordFile: String?

    @Option(help: "Whom to trust beside the system's authorities: certificates in PEM.")
    var trust: String?
    #endif

    var json: Bool { store.json }

    /// - Parameter source: A file that the index is pulled from without having settings that name it.
    func withSite<Answer>(
        _ name: String, source: SourceName? = nil, _ body: (any IngestionSite) async throws -> Answer
    ) async throws -> Answer {
        #if Server
        if let server {
            guard store.store == nil else {
                throw CommandFailure.badInput("--store and --server name two places: give one of them")
            }
            guard source == nil else {
                throw CommandFailure.badInput(
                    "a server reads what the index's settings name: leave --source out")
            }
            return try await withServer(server, name, body)
        }
        for (option, value) in [("user", user), ("password-file", passwordFile), ("trust", trust)]
        where value != nil {
            throw CommandFailure.badInput("--\(option) is for a server: name it with --server")
        }
        #endif
        return try await store.withStore { store in
            store.knowSources(StoreSite.sources)
            let site = StoreSite(try store.index(name), source: source)
            let answer: Answer
            do { answer = try await body(site) } catch {
                await site.close()
                throw error
            }
            await site.close()
            return answer
        }
    }

    #if Server
    private func withServer<Answer>(
        _ server: String, _ name: String, _ body: (any IngestionSite) async throws -> Answer
    ) async throws -> Answer {
        guard !name.isEmpty, name != "_all", !name.contains(where: { "*,".contains($0) }) else {
            throw CommandFailure.badInput("[\(name)] is not the name of one index: take them one at a time")
        }
        let connection = try ServerConnection(
            server, user: user, password: user == nil ? nil : password(), trust: trust)
        let answer: Answer
        do { answer = try await body(ServerSite(connection, index: name)) } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return answer
    }

    private func password() throws -> String {
        if let passwordFile {
            let line = try InputBytes.read(passwordFile).prefix { $0 != 0x0A && $0 != 0x0D }
            guard let text = String(validating: line, as: UTF8.self) else {
                throw CommandFailure.badInput("the password in \(InputBytes.name(passwordFile)) is not UTF-8")
            }
            return text
        }
        if let text = ProcessEnvironment.value(of: "VARVE_PASSWORD") { return text }
        throw CommandFailure.badInput("--user needs a password: set VARVE_PASSWORD or give --password-file")
    }
    #endif
}
