#if Kinesis
import Testing
import VarveBytes
import VarveDocument
import VarveIngest

@testable import VarveKinesis

@Suite struct `Signing requests` {
    /// The signature is botocore's for the same request at the same moment.
    @Test func `gives the signature that the service computes`() {
        let signature = SignatureV4(
            accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            region: "us-east-1",
            service: "kinesis")
        let headers = [
            (name: "content-type", value: "application/x-amz-json-1.1"), ("host", "127.0.0.1:4567"),
            ("x-amz-date", "20150830T123600Z"), ("x-amz-target", "Kinesis_20131202.ListShards"),
        ]
        let value = signature.authorization(
            "POST", path: "/", headers: headers, body: Array(#"{"StreamName":"flights"}"#.utf8),
            at: "20150830T123600Z")
        #expect(
            value == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kinesis/aws4_request, "
                + "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
                + "Signature=121a17640caea2d8ade811773db8d62fb4894a4ec3faf7ab1c3e70bf554be08b")
    }

    @Test func `writes moments as headers have them`() {
        #expect(KinesisClient.moment(1_440_938_160_999) == "20150830T123600Z")
    }
}

@Suite struct `A configuration of Kinesis` {
    private static let sound = [
        "stream": "s", "region": "r-1", "access_key": "A", "secret_key": "very secret",
    ]

    @Test func `shows no secret`() throws {
        var parameters = Self.sound
        parameters["session_token"] = "hidden"
        let configuration = try KinesisConfiguration(parameters: parameters)
        for text in [
            "\(configuration)", String(reflecting: configuration),
            "\(Mirror(reflecting: configuration).children.map { "\($0.value)" })",
        ] {
            #expect(!text.contains("very secret") && !text.contains("hidden"), "\(text)")
        }
        #expect(configuration.url == "https://kinesis.r-1.amazonaws.com")
        #expect(configuration.host == "kinesis.r-1.amazonaws.com")
    }

    @Test(arguments: [
        ("stream", nil, "requires the parameter [param.stream]"),
        ("secret_key", nil, "requires the parameter [param.secret_key]"),
        ("stream", "a b", "[a b] is no name of a stream"), ("region", "x/y", "[x/y] is no region"),
        ("endpoint_override", "ftp://x", "[param.endpoint_override] must be"),
        ("access_key", "a\r\nb", "[param.access_key] holds"),
        ("colour", "red", "unknown parameter [param.colour]"),
    ])
    func `says which parameter breaks which rule`(name: String, value: String?, rule: String) {
        var parameters = Self.sound
        parameters[name] = value
        let error = #expect(throws: StreamSourceError.self) {
            try KinesisConfiguration(parameters: parameters)
        }
        #expect(error?.message.contains(rule) == true, "\(error?.message ?? "")")
    }

    @Test func `asks for moments to the millisecond`() {
        let body = KinesisClient.body([("StreamName", "a\"b")], limit: 5, timestamp: 1_368_779_400_007)
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"StreamName":"a\"b","Limit":5,"Timestamp":1368779400.007}"#)
    }
}

@Suite struct `Answers of Kinesis` {
    @Test func `become messages that share their bytes`() throws {
        let text = """
            {"Records":[{"SequenceNumber":"7","Data":"eyJuIjoxfQ==","PartitionKey":"k","ApproximateArrivalTimestamp":1368779400.25},
            {"SequenceNumber":"12","Data":"","PartitionKey":"","ApproximateArrivalTimestamp":1368779401}],
            "NextShardIterator":"next","MillisBehindLatest":12}
            """
        let bytes = Array(text.utf8)
        let answer = try #require(RecordsAnswer(try JSONValue(parsing: bytes.rawSpan)))
        #expect(answer.messages.map { Array($0.payload) } == [Array(#"{"n":1}"#.utf8), []])
        #expect(answer.messages.map(\.timestamp) == [1_368_779_400_250, 1_368_779_401_000])
        #expect(answer.messages.map { Array($0.key ?? []) } == [Array("k".utf8), []])
        #expect(answer.messages.map { ShardPlace($0.next).text } == ["after 7", "after 12"])
        #expect(answer.next == "next" && answer.millisBehind == 12)
    }

    @Test(arguments: ["e", "e===", "eyJ!", "e=Jh", "😀😀😀😀"])
    func `with what is not base64 are refused`(data: String) throws {
        let bytes = Array(#"{"Records":[{"SequenceNumber":"7","Data":"\#(data)"}]}"#.utf8)
        #expect(RecordsAnswer(try JSONValue(parsing: bytes.rawSpan)) == nil)
    }

    @Test func `that are faults say whether asking again may help`() {
        func fault(_ type: String, _ status: Int = 400) -> StreamSourceError {
            KinesisFault(
                status: status, body: Array(#"{"__type":"com.amazonaws#\#(type)","message":"m"}"#.utf8)
            ).error(of: "kinesis:s")
        }
        #expect(fault("ProvisionedThroughputExceededException").isTransient)
        #expect(fault("InternalFailure", 500).isTransient)
        #expect(!fault("AccessDeniedException").isTransient)
        #expect(!fault("UnrecognizedClientException").isTransient)
        #expect(fault("AccessDeniedException").message == "kinesis:s: AccessDeniedException: m")
        #expect(KinesisFault(status: 502, body: Array("<html>".utf8)).error(of: "s").isTransient)
    }
}
#endif
