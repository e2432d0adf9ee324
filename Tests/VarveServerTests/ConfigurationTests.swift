#if Server
import Foundation
import Logging
import Testing
import Varve
import VarveREST
import VarveSimulation

@testable import VarveServer

@Suite struct `A server's configuration` {
    private func read(
        _ file: String? = nil, environment: [String: String] = [:], flags: [ServerSetting: String] = [:]
    ) throws -> ServeConfiguration {
        let root = try TemporaryRoot()
        let path = root.path + "/varve.json"
        try file?.write(toFile: path, atomically: true, encoding: .utf8)
        return try ServeConfiguration(
            flags: flags, environment: { environment[$0] }, file: file == nil ? nil : path)
    }

    private func reason(
        _ file: String? = nil, environment: [String: String] = [:], flags: [ServerSetting: String] = [:]
    ) -> String {
        do {
            _ = try read(file, environment: environment, flags: flags)
            return ""
        } catch { return "\(error)" }
    }

    @Test func `takes flags before the environment before the file`() throws {
        let file = #"{"listen":"127.0.0.1:1","node_name":"file","connections_max":10,"log_level":"error"}"#
        let environment = [
            "VARVE_LISTEN": "127.0.0.1:2", "VARVE_NODE_NAME": "environment", "VARVE_LOG_LEVEL": "",
        ]
        let found = try read(file, environment: environment, flags: [.listen: "127.0.0.1:3"])
        #expect(found.server.address.port == 3)
        #expect(found.rest.nodeName == "environment")
        #expect(found.server.connectionsMax == 10)
        #expect(found.server.logLevel == .error)
        #expect(found.rest.clusterName == "docker-cluster")
    }

    @Test func `reads everything that can be set`() throws {
        let found = try read(
            #"""
            {"store":"data","listen":"0.0.0.0:9201","insecure":true,"cluster_name":"c","durability":"async",
             "sync_interval_milliseconds":250,"body_mebibytes_max":2,"idle_seconds":3,"shutdown_seconds":4,
             "log_format":"json"}
            """#)
        #expect(found.store == "data")
        #expect(found.server.address.description == "0.0.0.0:9201")
        #expect(found.rest.clusterName == "c")
        #expect(found.options.durability == .async(syncInterval: .milliseconds(250)))
        #expect(found.server.bodyBytesMax == 2 << 20)
        #expect(found.server.idleTimeout == .seconds(3))
        #expect(found.server.shutdownTimeout == .seconds(4))
        #expect(found.server.logFormat == .json)
    }

    @Test func `knows the kinds of sources that the program was built with`() throws {
        var kinds = ["file"]
        #if Kafka
        kinds.append("kafka")
        #endif
        #if Kinesis
        kinds.append("kinesis")
        #endif
        #expect(ServeConfiguration.sourceTypes == kinds)
        #expect(try read().sources.types == kinds)
    }

    @Test func `is refused with the place and the rule`() {
        for (found, expected) in [
            (reason(#"{"listn":"x"}"#), "varve.json has the unknown key [listn], did you mean [listen]?"),
            (reason(#"{"listen":"x"}"#), "is a host and a port, as in 127.0.0.1:9200, not x"),
            (reason(#"{"listen":["x"]}"#), "is neither a string nor a number nor true or false"),
            (reason("[]"), "is no JSON object"), (reason("{"), "the configuration file"),
            (
                reason(environment: ["VARVE_CONNECTIONS_MAX": "0"]),
                "VARVE_CONNECTIONS_MAX is 1 to 1000000, not 0"
            ),
            (reason(flags: [.bodyMebibytesMax: "2048"]), "--body-mebibytes-max is 1 to 2047, not 2048"),
            (reason(flags: [.logFormat: "xml"]), "--log-format is one of text, json, not xml"),
            (reason(flags: [.durability: "maybe"]), "--durability is one of request, async, none, not maybe"),
            (reason(flags: [.syncIntervalMilliseconds: "9"]), "counts with durability async alone"),
            (reason(flags: [.tlsKey: "key.pem"]), "are given together or not at all"),
            (reason(flags: [.listen: "0.0.0.0:1"]), "0.0.0.0:1 can be reached by others"),
            (reason(flags: [.security: "/absent.json"]), "the security file /absent.json cannot be read"),
        ] { #expect(found.contains(expected), "\(found)") }
        #expect(throws: ServerSetupError.self) {
            try ServeConfiguration(flags: [:], environment: { _ in nil }, file: "/absent.json")
        }
    }

    @Test func `logs lines of JSON whatever is in them`() {
        let line = JSONLinesLogHandler.line(at: 7, level: "info", "a \"b\"\n", ["k": "v\u{1}", "a": "1"])
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"{"timestamp":7,"level":"info","message":"a \"b\"\n","values":{"a":"1","k":"v\u0001"}}"#
                + "\n")
    }
}
#endif
