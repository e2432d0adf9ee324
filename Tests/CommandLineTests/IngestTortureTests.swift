import Foundation
import Testing

@Suite struct `The command varve-torture` {
    #if Server
    @Test func `ingest finds each message once, however often the server is killed`() throws {
        let workspace = try Workspace()
        let run = try workspace.run(
            "varve-torture ingest --source file --kills 25 --messages 20000 --rest-every 12 --seed 5 --directory kills"
        )
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        #expect(run.output.hasPrefix(#"{"source": "file", "killed": "varve serve", "kills": 25,"#))
        #expect(run.output.contains(#""messages": 20000, "documents": 20000,"#), "\(run.output)")
    }
    #endif

    /// The servers that `tools/brokers` installs.
    private static let servers = ProcessInfo.processInfo.environment.filter { name, _ in
        ["VARVE_KAFKA_SERVER", "VARVE_KINESIS_SERVER"].contains(name)
    }

    private func kill(_ source: String, _ kills: Int, _ messages: Int) throws {
        let workspace = try Workspace()
        let variables = Self.servers.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
        let status = try workspace.shell(
            "\(variables) varve-torture ingest --source \(source) --kills \(kills) --messages \(messages)"
                + " --rest-every 10 --longest-life 400 --seed 5 --directory kills > out.txt 2>&1")
        let output = try workspace.read("out.txt")
        #expect(status == 0, "\(output)")
        #expect(output.contains("\"messages\": \(messages), \"documents\": \(messages),"), "\(output)")
    }

    #if Server && Kafka
    @Test(.enabled(if: servers["VARVE_KAFKA_SERVER"] != nil, "tools/brokers kafka"))
    func `ingest does so with a broker`() throws { try kill("kafka", 10, 20_000) }
    #endif

    #if Server && Kinesis
    @Test(.enabled(if: servers["VARVE_KINESIS_SERVER"] != nil, "tools/brokers kinesis"))
    func `ingest does so with a server of Kinesis' protocol`() throws { try kill("kinesis", 10, 5_000) }
    #endif

    @Test func `ingest-control counts how often each message was applied`() throws {
        let workspace = try Workspace()
        let run = try workspace.run(
            "varve-torture ingest-control --cycles 120 --backlog 20000 --pause-max 10000 --seed 5 --directory cycles"
        )
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        #expect(run.output.hasPrefix(#"{"cycles": 120,"#), "\(run.output)")
    }
}
