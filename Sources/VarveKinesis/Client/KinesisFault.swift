#if Kinesis
import VarveBytes
import VarveDocument
import VarveIngest

/// What the service says when a call fails.
struct KinesisFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Such as `ResourceNotFoundException`.
    var type: String
    var message: String
    var status: Int

    init(type: String, message: String, status: Int) {
        self.type = type
        self.message = message
        self.status = status
    }

    /// Reads `{"__type": "prefix#Type", "message": "…"}`.
    init(status: Int, body: [UInt8]) {
        let value = try? JSONValue(parsing: body.rawSpan)
        let type = value?["__type"]?.text ?? ""
        self.init(
            type: type.split(separator: "#").last.map(String.init) ?? "HTTP \(status)",
            message: value?["message"]?.text ?? value?["Message"]?.text ?? "", status: status)
    }

    var description: String { message.isEmpty ? type : "\(type): \(message)" }

    /// The iterator is too old, or is none that the service knows: another one helps.
    var wantsIterator: Bool {
        type == "ExpiredIteratorException"
            || type == "InvalidArgumentException" && message.lowercased().contains("iterator")
    }

    private static let transient: Set<String> = [
        "ProvisionedThroughputExceededException", "LimitExceededException", "ThrottlingException",
        "KMSThrottlingException", "InternalFailure", "InternalFailureException", "ServiceUnavailable",
        "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException", "ResourceInUseException",
        "ExpiredIteratorException",
    ]

    /// The error that a source throws. Credentials that are refused and streams that are missing do not come right
    /// by asking again at once; a stream may still be made, so that is asked for again.
    func error(of name: String) -> StreamSourceError {
        // The clock of this machine is ahead of the service's, which takes no moment to come.
        let isEarly = message.contains("currentTimestampInMillis")
        let mayHelp =
            status >= 500 || Self.transient.contains(type) || type == "ResourceNotFoundException" || isEarly
        return StreamSourceError("\(name): \(self)", isTransient: mayHelp)
    }
}

extension JSONValue {
    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .real(let number): number
        default: nil
        }
    }
}
#endif
