/// Why a message became no operation, and how far it got.
package struct MessageError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Stage: UInt8, Sendable, CaseIterable {
        /// It could not be taken apart.
        case mapping = 1
        /// It could be, and the document or the operation in it was refused.
        case processing = 2
    }
    package var stage: Stage
    /// The envelope is at fault, not the document.
    package var isInvalid: Bool
    package var cause: DocumentError

    package init(_ stage: Stage, _ cause: DocumentError, isInvalid: Bool = false) {
        self.stage = stage
        self.isInvalid = isInvalid
        self.cause = cause
    }

    /// Of the envelope, in the words of the stream's own world.
    static func invalid(_ text: String) -> MessageError {
        MessageError(.processing, DocumentError(.invalidOperation, text), isInvalid: true)
    }

    package var description: String { cause.description }
    /// The name that OpenSearch has for such an error.
    package var type: String {
        switch cause.kind {
        case .malformedJSON, .invalidUTF8: "parse_exception"
        case .notAnObject: stage == .mapping ? "parse_exception" : "mapper_parsing_exception"
        case .strictMapping: "strict_dynamic_mapping_exception"
        case .wrongType, .objectConflict: "mapper_parsing_exception"
        case .limit, .fieldLimit, .invalidMapping, .mappingConflict, .invalidID, .invalidOperation:
            "illegal_argument_exception"
        }
    }
}

/// What became of a message that was not refused.
package enum MessageOutcome: Sendable {
    /// It is an operation of the batch.
    case appended
    /// It says nothing that could be done: a deletion of nobody knows what.
    case ignored
}
