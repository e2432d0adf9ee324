#if Kinesis
import Testing
import VarveIngest

@testable import VarveKinesis

@Suite struct `The parameters of a stream of Kinesis` {
    private static let sound = [
        "stream": "s", "region": "r-1", "access_key": "A", "secret_key": "very secret",
    ]

    private func refusal(_ name: String, _ value: String?) -> String {
        var sources = SourceRegistry()
        sources.registerKinesis()
        var parameters = Self.sound
        parameters[name] = value
        do {
            try sources.check(SourceDefinition(type: "kinesis", parameters: parameters))
            return ""
        } catch { return error.description }
    }

    @Test func `are checked when an index is made`() {
        #expect(refusal("endpoint_override", "http://127.0.0.1:4567") == "")
        #expect(
            refusal("region", nil) == "ingestion source type [kinesis] requires the parameter [param.region]")
        #expect(
            refusal("colour", "red")
                == "unknown parameter [param.colour] of ingestion source type [kinesis]. Valid parameters are: "
                + "[access_key, endpoint_override, region, secret_key, session_token, stream]")
        #expect(refusal("secret_key", "${env:AWS_SECRET}").hasPrefix("[param.secret_key] names the variable"))
    }

    @Test(arguments: ["stream", "region", "access_key", "secret_key", "session_token", "endpoint_override"])
    func `may say where their value is`(name: String) {
        #expect(refusal(name, "${env:VARVE_INGESTION_VALUE}") == "")
    }
}
#endif
