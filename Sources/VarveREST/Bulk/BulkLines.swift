import VarveBytes
import VarveDocument
import VarveQuery

/// One action of a bulk, as its lines say it.
struct BulkAction: Sendable {
    enum Kind: String, Sendable { case index, create, update, delete }

    var kind: Kind
    var index: String?
    var id: String?
    var terms = WriteTerms()
    var requiresAlias: Bool?
    var routing: String?
    var pipeline: String?
    var retries = 0
    /// What of the document an update answers with.
    var filter: SourceFilter?
    /// The source line; nil for a delete.
    var source: ArraySlice<UInt8>?

    /// The name under which its item answers.
    var itemName: String { kind == .index && terms.isCreate ? "create" : kind.rawValue }
}

/// Cuts the bytes of a bulk into actions. It keeps what is not complete yet.
struct BulkLines {
    private var bytes: [UInt8] = []
    private(set) var lineNumber = 0
    private let lineBytesMax: Int

    init(lineBytesMax: Int) { self.lineBytesMax = lineBytesMax }

    var byteCount: Int { bytes.count }

    mutating func append(_ chunk: some Collection<UInt8>) { bytes += chunk }

    /// All complete actions so far.
    ///
    /// - Parameter isLast: Nothing follows, so nothing may be left.
    mutating func take(isLast: Bool) throws(RESTError) -> [BulkAction] {
        var parser = JSONParser()
        var actions: [BulkAction] = []
        var at = 0
        if isLast, let last = bytes.last, last != 0x0A {
            throw .illegalArgument("The bulk request must be terminated by a newline [\\n]")
        }
        while let end = bytes.rawSpan.firstIndex(of: 0x0A, from: at) {
            let line = Self.trimmed(bytes[at..<end])
            if line.isEmpty {
                at = end + 1
                lineNumber += 1
                continue
            }
            var action =
                if let plain = PlainActionReader.read(line.rawSpan) { plain } else {
                    try BulkActionReader(lineNumber + 1).read(Array(line), &parser)
                }
            var next = end + 1
            if action.kind != .delete {
                guard let sourceEnd = bytes.rawSpan.firstIndex(of: 0x0A, from: next) else { break }
                action.source = Self.trimmed(bytes[next..<sourceEnd])
                next = sourceEnd + 1
                lineNumber += 1
            }
            lineNumber += 1
            at = next
            actions.append(action)
        }
        bytes.removeFirst(at)
        if isLast && !bytes.isEmpty { throw .validation("source is missing") }
        guard bytes.count <= lineBytesMax * 2 else {
            throw .illegalArgument("a line of a bulk has at most \(lineBytesMax) bytes")
        }
        return actions
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.last == 0x0D ? line.dropLast() : line
    }
}

/// Reads one action line: `{"index": {"_index": "i", "_id": "1"}}`.
struct BulkActionReader {
    private let line: Int

    init(_ line: Int) { self.line = line }

    func read(_ bytes: [UInt8], _ parser: inout JSONParser) throws(RESTError) -> BulkAction {
        let body: JSONBody
        do { body = try JSONBody(bytes, &parser) } catch {
            throw RESTError(400, RESTError.notJSON(error, bytes))
        }
        guard let members = body.root.members else {
            throw .illegalArgument(
                "Malformed action/metadata line [\(line)], expected START_OBJECT but found [\(body.root.token)]"
            )
        }
        guard let first = members.first else {
            throw .illegalArgument(
                "Malformed action/metadata line [\(line)], expected FIELD_NAME but found [END_OBJECT]")
        }
        guard let kind = BulkAction.Kind(rawValue: first.key) else {
            throw .illegalArgument(
                "Malformed action/metadata line [\(line)], expected field [create], [delete], [index] or "
                    + "[update] but found [\(first.key)]")
        }
        guard let meta = first.value.members else {
            throw .illegalArgument(
                "Malformed action/metadata line [\(line)], expected START_OBJECT but found "
                    + "[\(first.value.token)]")
        }
        guard members.count == 1 else {
            throw .illegalArgument(
                "Malformed action/metadata line [\(line)], expected END_OBJECT but found [FIELD_NAME]")
        }
        var action = BulkAction(kind: kind)
        for member in meta { try read(member, into: &action) }
        if kind == .create { action.terms.isCreate = true }
        return action
    }

    private func read(_ member: JSONNode.Member, into action: inout BulkAction) throws(RESTError) {
        let node = member.value
        if member.key == "_source" {
            action.filter = try SourceFilterReader.read(node)
            return
        }
        guard node.scalarText != nil || node.isNull else {
            throw .illegalArgument(
                "Malformed action/metadata line [\(line)], expected a simple value for field "
                    + "[\(member.key)] but found [\(node.token)]")
        }
        switch member.key {
        case "_index": action.index = node.scalarText
        case "_id": action.id = node.scalarText
        case "routing", "_routing": action.routing = node.scalarText
        case "pipeline": action.pipeline = node.scalarText
        case "version", "_version": action.terms.version = node.integer.map(Int64.init)
        case "version_type", "_version_type": action.terms.versionType = node.scalarText
        case "if_seq_no": action.terms.ifSequenceNumber = node.integer.map(Int64.init)
        case "if_primary_term": action.terms.ifPrimaryTerm = node.integer.map(Int64.init)
        case "op_type": action.terms.isCreate = node.scalarText == "create"
        case "retry_on_conflict", "_retry_on_conflict": action.retries = node.integer ?? 0
        case "require_alias": action.requiresAlias = node.boolean
        default:
            throw .illegalArgument(
                "Action/metadata line [\(line)] contains an unknown parameter [\(member.key)]")
        }
    }
}
