#if Kinesis
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import VarveBytes
import VarveDocument
import VarveFiles
import VarveIngest

/// Calls the service: signed requests out, JSON back. It keeps nothing between two calls.
struct KinesisClient: Sendable {
    let configuration: KinesisConfiguration
    private let http: HTTPClient
    private let signature: SignatureV4
    /// An answer has at most 10 MiB of records, in base64, and what is around them.
    private static let answerBytes = 24 << 20

    init(_ configuration: KinesisConfiguration, _ http: HTTPClient) {
        self.configuration = configuration
        self.http = http
        signature = SignatureV4(
            accessKey: configuration.accessKey, secretKey: configuration.secretKey,
            region: configuration.region, service: "kinesis")
    }

    // MARK: Calls

    /// All shards there are, closed ones included.
    func shards() async throws -> [ShardFacts] {
        var found: [ShardFacts] = []
        var members = [("StreamName", configuration.stream)]
        while true {
            let answer = try await call("ListShards", members)
            found += (answer["Shards"]?.elements ?? []).compactMap { ShardFacts($0) }
            guard let next = answer["NextToken"]?.text, found.count < 1_000_000 else { return found }
            members = [("NextToken", next)]
        }
    }

    /// An iterator, which is good for five minutes.
    func iterator(of shard: String, at place: ShardPlace) async throws -> String {
        var members = [("StreamName", configuration.stream), ("ShardId", shard)]
        var timestamp: Int64?
        switch place {
        case .horizon: members.append(("ShardIteratorType", "TRIM_HORIZON"))
        case .at(let number):
            members += [("ShardIteratorType", "AT_SEQUENCE_NUMBER"), ("StartingSequenceNumber", number.text)]
        case .after(let number):
            members += [
                ("ShardIteratorType", "AFTER_SEQUENCE_NUMBER"), ("StartingSequenceNumber", number.text),
            ]
        case .time(let milliseconds):
            members.append(("ShardIteratorType", "AT_TIMESTAMP"))
            timestamp = milliseconds
        }
        let answer = try await call("GetShardIterator", members, timestamp: timestamp)
        guard let iterator = answer["ShardIterator"]?.text else { throw unreadable("GetShardIterator") }
        return iterator
    }

    /// What comes at an iterator, at most 10,000 records.
    func records(at iterator: String, limit: Int) async throws -> RecordsAnswer {
        let answer = try await call("GetRecords", [("ShardIterator", iterator)], limit: limit)
        guard let records = RecordsAnswer(answer) else { throw unreadable("GetRecords") }
        return records
    }

    private func unreadable(_ operation: String) -> StreamSourceError {
        StreamSourceError(
            "\(configuration.name): the answer to \(operation) is not what the service promises",
            isTransient: true)
    }

    // MARK: One call

    private func call(
        _ operation: String, _ members: [(String, String)], limit: Int? = nil, timestamp: Int64? = nil
    ) async throws -> JSONValue {
        try await call(operation, Self.body(members, limit: limit, timestamp: timestamp))
    }

    func call(_ operation: String, _ body: [UInt8]) async throws -> JSONValue {
        let request = request(operation, body)
        let status: Int
        let answer: [UInt8]
        do {
            let response = try await http.execute(
                request, timeout: TimeAmount(configuration.requestTimeout))
            let buffer = try await response.body.collect(upTo: Self.answerBytes)
            status = Int(response.status.code)
            answer = Array(buffer.readableBytesView)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw StreamSourceError("\(configuration.name): \(operation): \(error)", isTransient: true)
        }
        guard status == 200 else { throw KinesisFault(status: status, body: answer) }
        var limits = JSONLimits()
        limits.documentBytes = Self.answerBytes
        limits.stringBytes = 15 << 20
        if answer.isEmpty { return .null }
        do { return try JSONValue(parsing: answer.rawSpan, limits: limits) } catch {
            throw unreadable(operation)
        }
    }

    private func request(_ operation: String, _ body: [UInt8]) -> HTTPClientRequest {
        let moment = Self.moment(SystemClock().wallMilliseconds)
        var headers = [
            (name: "content-type", value: "application/x-amz-json-1.1"), ("host", configuration.host),
            ("x-amz-date", moment), ("x-amz-target", "Kinesis_20131202.\(operation)"),
        ]
        if let token = configuration.sessionToken { headers.append(("x-amz-security-token", token)) }
        let authorization = signature.authorization(
            "POST", path: "/", headers: headers, body: body, at: moment)
        var request = HTTPClientRequest(url: configuration.url + "/")
        request.method = .POST
        for (name, value) in headers where name != "host" { request.headers.add(name: name, value: value) }
        request.headers.add(name: "authorization", value: authorization)
        request.body = .bytes(body)
        return request
    }

    static func body(_ members: [(String, String)], limit: Int?, timestamp: Int64?) -> [UInt8] {
        var buffer = ByteBuffer(capacity: 512)
        buffer.append(UInt8(ascii: "{"))
        for (at, (key, value)) in members.enumerated() {
            if at > 0 { buffer.append(UInt8(ascii: ",")) }
            JSONText.appendQuoted(key, to: &buffer)
            buffer.append(UInt8(ascii: ":"))
            JSONText.appendQuoted(value, to: &buffer)
        }
        if let limit { buffer.append(utf8: ",\"Limit\":\(limit)") }
        if let timestamp {
            buffer.append(utf8: ",\"Timestamp\":\(timestamp / 1_000).")
            buffer.append(utf8: String(String(1_000 + timestamp % 1_000).dropFirst()))
        }
        buffer.append(UInt8(ascii: "}"))
        return buffer.bytes.copyBytes()
    }

    /// `20130517T083000Z`.
    static func moment(_ milliseconds: Int64) -> String {
        let text = DateText.text(milliseconds)
        return String(text.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
    }
}
#endif
