#if Kafka
import Testing
import VarveIngest

@testable import VarveKafka

@Suite struct `The configuration of a topic` {
    @Test func `is read from the parameters of an index`() throws {
        let configuration = try KafkaConfiguration(parameters: [
            "topic": "orders", "bootstrap_servers": "a:1,b:2", "auto.offset.reset": "Earliest",
            "max.poll.records": "250", "client.id": "mine", "security.protocol": "ssl",
        ])
        #expect(configuration.topic == "orders" && configuration.bootstrapServers == "a:1,b:2")
        #expect(configuration.autoOffsetReset == .earliest)
        #expect(configuration.messagesPerPollMax == 250)
        #expect(configuration.properties == ["client.id": "mine", "security.protocol": "ssl"])
        #expect(
            try KafkaConfiguration(parameters: ["topic": "t", "bootstrap_servers": "a"]).autoOffsetReset
                == .none)
    }

    @Test func `may name some of the partitions`() throws {
        func read(_ text: String) throws -> [UInt32] {
            let configuration = try KafkaConfiguration(parameters: [
                "topic": "t", "bootstrap_servers": "a", "partitions": text,
            ])
            return (0..<10).filter(configuration.reads)
        }
        #expect(try read("0-3,6") == [0, 1, 2, 3, 6])
        #expect(try read("9") == [9])
        #expect(try read("8-4294967295") == [8, 9])
        for text in ["", "a", "3-1", "1-2-3", "-1", "1,", "4294967296"] {
            #expect(
                throws: StreamSourceError(
                    "[param.partitions] must be numbers and ranges of numbers, as in 0-3,6, not [\(text)]")
            ) { try read(text) }
        }
    }

    @Test(arguments: [
        ([:], "ingestion source type [kafka] requires the parameter [param.topic]"),
        (["topic": "t"], "ingestion source type [kafka] requires the parameter [param.bootstrap_servers]"),
        (
            ["topic": "", "bootstrap_servers": "a"],
            "ingestion source type [kafka] requires the parameter [param.topic]"
        ),
        (["topic": "a b", "bootstrap_servers": "a"], "[a b] is no name of a topic"),
        (
            ["topic": "t", "bootstrap_servers": "a", "auto.offset.reset": "newest"],
            "[param.auto.offset.reset] must be one of none, earliest and latest, not [newest]"
        ),
        (
            ["topic": "t", "bootstrap_servers": "a", "max.poll.records": "0"],
            "[param.max.poll.records] must be a number of at least 1, not [0]"
        ),
        (
            ["topic": "t", "bootstrap_servers": "a", "enable.auto.commit": "true"],
            "kafka:t: [enable.auto.commit] cannot be set, since the source relies on its own"
        ),
    ])
    func `names the parameter that it does not take`(_ parameters: [String: String], _ text: String) throws {
        let error = try #require(throws: StreamSourceError.self) {
            try KafkaConfiguration(parameters: parameters)
        }
        #expect(error.message.hasPrefix(text) && !error.isTransient)
    }

    @Test(arguments: [
        ("no.such.property", "1", "kafka:t: the client has no property [no.such.property]"),
        ("security.protocol", "hunter2", "kafka:t: property [security.protocol] does not take this value"),
        ("fetch.wait.max.ms", "hunter2", "kafka:t: property [fetch.wait.max.ms] does not take this value"),
    ])
    func `is refused by its property, and never with the value`(
        _ name: String, _ value: String, _ text: String
    ) throws {
        let configuration = KafkaConfiguration(
            topic: "t", bootstrapServers: "127.0.0.1:1", properties: [name: value])
        let error = try #require(throws: StreamSourceError.self) { try KafkaStream(configuration) }
        #expect(error.message == text && !error.isTransient)
    }

    @Test func `shows no value of a property`() throws {
        let configuration = KafkaConfiguration(
            topic: "t", bootstrapServers: "a:1",
            properties: ["sasl.password": "hunter2", "sasl.username": "me"])
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2") && text.contains("sasl.password"))
        }
        let stream = try KafkaStream(KafkaConfiguration(topic: "t", bootstrapServers: "a:1"))
        #expect("\(stream)" == "kafka:t at a:1")
    }

    @Test func `has pointers in the words of OpenSearch`() throws {
        let stream = try KafkaStream(KafkaConfiguration(topic: "t", bootstrapServers: "127.0.0.1:1"))
        #expect(stream.display(42, partition: nil) == "KafkaOffset{offset=42}")
        #expect(stream.display(42, partition: 3) == "KafkaPartitionOffset{partition=3, offset=42}")
        #expect(stream.text(42, partition: nil) == "42")
        #expect(stream.text(42, partition: 3) == "3:42")
        for (text, partition) in [
            ("42", nil), ("KafkaOffset{offset=42}", nil), ("3:42", 3),
            ("KafkaPartitionOffset{partition=3, offset=42}", 3),
        ] as [(String, UInt32?)] {
            let read = try stream.pointer(text: text)
            #expect(read.pointer == 42 && read.partition == partition)
        }
        for text in ["", "-1", "x", "9223372036854775808", "KafkaOffset{offset=}", "4 2"] {
            #expect(throws: StreamSourceError("[\(text)] is no offset: expected a number, such as 42")) {
                try stream.pointer(text: text)
            }
        }
        for text in ["3:", ":42", "-3:42", "3:42:1", "4294967296:1"] {
            #expect(
                throws: StreamSourceError(
                    "Invalid multi-partition pointer format. Expected 'partition:offset' (e.g., '3:42'), got: \(text)"
                )
            ) { try stream.pointer(text: text) }
        }
    }
}
#endif
