#if Kinesis
public import VarveIngest

/// Which stream to read, and as whom.
///
/// Its description shows neither keys nor tokens.
public struct KinesisConfiguration: Sendable {
    public var stream: String
    /// Such as `eu-west-1`.
    public var region: String
    public var accessKey: String
    public var secretKey: String
    /// Of temporary credentials.
    public var sessionToken: String?
    /// In place of the service's own address: `http://host:port` or `https://host:port`.
    public var endpoint: String?
    /// How long one call may take.
    public var requestTimeout: Duration = .seconds(10)
    /// Shortest time between two reads of one shard: the service allows five a second.
    public var readInterval: Duration = .milliseconds(210)

    public init(stream: String, region: String, accessKey: String, secretKey: String) {
        self.stream = stream
        self.region = region
        self.accessKey = accessKey
        self.secretKey = secretKey
    }

    /// Reads the parameters of an `ingestion_source` of type `kinesis`, as OpenSearch names them: `stream`, `region`,
    /// `access_key`, `secret_key` and, optional, `endpoint_override`; beyond OpenSearch `session_token`.
    ///
    /// - Throws: For a parameter that is missing, unknown or not sound, by its name.
    public init(parameters: [String: String]) throws(StreamSourceError) {
        let known = ["access_key", "endpoint_override", "region", "secret_key", "session_token", "stream"]
        if let unknown = parameters.keys.sorted().first(where: { !known.contains($0) }) {
            throw StreamSourceError(
                "unknown parameter [param.\(unknown)] of ingestion source type [kinesis]. Valid parameters are: "
                    + "[\(known.joined(separator: ", "))]")
        }
        func take(_ name: String) throws(StreamSourceError) -> String {
            guard let value = parameters[name], !value.isEmpty else {
                throw StreamSourceError(
                    "ingestion source type [kinesis] requires the parameter [param.\(name)]")
            }
            return value
        }
        self.init(
            stream: try take("stream"), region: try take("region"), accessKey: try take("access_key"),
            secretKey: try take("secret_key"))
        endpoint = parameters["endpoint_override"]
        sessionToken = parameters["session_token"]
        try validate()
    }

    /// `kinesis:` and the stream.
    public var name: String { "kinesis:\(stream)" }

    var url: String { endpoint ?? "https://kinesis.\(region).amazonaws.com" }

    /// What is signed as `host`: with the port, if the address has one.
    var host: String {
        String(url.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" })
    }

    func validate() throws(StreamSourceError) {
        func isSound(_ text: String, _ more: String, most: Int) -> Bool {
            let bytes = text.utf8
            return !bytes.isEmpty && bytes.count <= most
                && bytes.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                        true
                    default: more.utf8.contains(byte)
                    }
                }
        }
        guard isSound(stream, "_.", most: 128) else {
            throw StreamSourceError(
                "[\(stream)] is no name of a stream: up to 128 letters, digits, dots, underscores and hyphens"
            )
        }
        guard isSound(region, "", most: 64) else {
            throw StreamSourceError("[\(region)] is no region: letters, digits and hyphens")
        }
        if let endpoint {
            let isHTTP = endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://")
            guard isHTTP, isSound(host, ".:[]", most: 255) else {
                throw StreamSourceError(
                    "[param.endpoint_override] must be http://host:port or https://host:port")
            }
        }
        for (name, text) in [("access_key", accessKey), ("session_token", sessionToken ?? "")] {
            // These go into headers.
            guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw StreamSourceError("[param.\(name)] holds a character that no key has")
            }
        }
    }
}

extension KinesisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(name) at \(url)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
#endif
