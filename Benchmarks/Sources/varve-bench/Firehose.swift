#if Kafka
import Foundation
import Varve
import VarveKafka

/// `tools/kafka-firehose`: a server of Kafka's protocol that gives the lines of a file away as fast as they are taken.
///
/// No real broker: what is measured with it is what comes behind a broker.
final class Firehose {
    private let process = Process()
    private let port: Int

    init(partitions: Int, file: String) throws {
        let tools = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../tools")
        process.executableURL = tools.appending(path: "kafka-firehose").standardizedFileURL
        process.arguments = ["\(partitions)", file]
        let output = Pipe()
        process.standardInput = Pipe()
        process.standardOutput = output
        try process.run()
        guard let port = Int(Child.firstLine(of: output.fileHandleForReading)) else {
            throw VarveError(.unavailable, "tools/kafka-firehose does not start")
        }
        self.port = port
    }

    deinit { process.terminate() }

    func stream(_ change: (inout KafkaConfiguration) -> Void = { _ in }) throws -> KafkaStream {
        var configuration = KafkaConfiguration(topic: "flights", bootstrapServers: "127.0.0.1:\(port)")
        change(&configuration)
        return try KafkaStream(configuration)
    }
}
#endif
