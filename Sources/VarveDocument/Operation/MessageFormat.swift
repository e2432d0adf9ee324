/// What a stream's messages look like: where the document is, and where its id, version and operation are.
public enum MessageFormat: Hashable, Sendable {
    /// `{"_id":…, "_version":…, "_op_type":…, "_source":{…}}`: the document in an envelope.
    case envelope
    /// The whole message is the document, and its id is its place in the stream.
    case document
    /// The message is the document, and some of its fields are the envelope's.
    case fields(EnvelopeFields)
}

/// Which fields of a message say what an envelope would; they are taken out of the document.
///
/// A field is named by its key at the top of the message, or by keys with dots between them below it; a key that
/// has the dots itself goes first. Values are strings, numbers or booleans, taken as text without blanks around.
public struct EnvelopeFields: Hashable, Sendable {
    /// The id; it must be there. Without this setting ids are made of the place.
    public var id: String? { didSet { idPath = FieldPath(id) } }
    /// The external version; it must be there.
    public var version: String? { didSet { versionPath = FieldPath(version) } }
    /// The routing value that is stored with the document, if the message has it.
    public var routing: String? { didSet { routingPath = FieldPath(routing) } }
    /// The operation: an index unless it has one of the two values below.
    public var operation: String? { didSet { operationPath = FieldPath(operation) } }
    public var deleteValue: String?
    public var createValue: String?

    package private(set) var idPath: FieldPath?
    package private(set) var versionPath: FieldPath?
    package private(set) var routingPath: FieldPath?
    package private(set) var operationPath: FieldPath?

    public init(
        id: String? = nil, version: String? = nil, routing: String? = nil, operation: String? = nil,
        deleteValue: String? = nil, createValue: String? = nil
    ) {
        self.id = id
        self.version = version
        self.routing = routing
        self.operation = operation
        self.deleteValue = deleteValue
        self.createValue = createValue
        idPath = FieldPath(id)
        versionPath = FieldPath(version)
        routingPath = FieldPath(routing)
        operationPath = FieldPath(operation)
    }
}

/// A field's name, ready to be compared with keys.
package struct FieldPath: Hashable, Sendable {
    package let name: String
    /// The name as one key, then, if it has dots, the keys that it stands for.
    let whole: [UInt8]
    let keys: [[UInt8]]

    init?(_ name: String?) {
        guard let name else { return nil }
        self.name = name
        whole = Array(name.utf8)
        keys = name.split(separator: ".", omittingEmptySubsequences: false).map { Array($0.utf8) }
    }
}
