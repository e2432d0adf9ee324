import Varve
import VarveBytes
import VarveDocument

/// `_analyze`: how a text is cut into tokens.
enum AnalyzeHandlers {
    static func analyze(_ call: Call) async throws(RESTError) -> RESTResponse {
        var index: Index?
        if call.parameters.path["index"] != nil { index = try call.index(call.segment("index")) }
        guard let body = try call.json() else {
            throw RESTError(400, "parse_exception", "request body or source parameter is required")
        }
        let request = try AnalyzeRequest(body)
        let analyzer = try request.analyzer(in: index)
        var json = JSONWriter()
        json.beginObject()
        json.key("tokens")
        json.beginArray()
        var place = TextPlace()
        for text in request.texts { write(text, analyzer, &place, to: &json) }
        json.endArray()
        json.endObject()
        return .json(200, json)
    }

    /// Where the next text begins, all texts being one behind the other.
    private struct TextPlace {
        var position = 0
        var offset = 0
    }

    private static func write(
        _ text: String, _ analyzer: Analyzer, _ place: inout TextPlace, to json: inout JSONWriter
    ) {
        let bytes = Array(text.utf8)
        var scanner = TokenScanner(analyzer)
        var buffer = ByteBuffer()
        var units = UTF16Offsets()
        while let token = scanner.next(in: bytes.rawSpan) {
            buffer.removeAll()
            analyzer.append(bytes.rawSpan.slice(token.start, token.end - token.start), to: &buffer)
            json.beginObject()
            json.add("token", String(validating: buffer.bytes) ?? "")
            json.add("start_offset", place.offset + units.offset(of: token.start, in: bytes))
            json.add("end_offset", place.offset + units.offset(of: token.end, in: bytes))
            json.add("type", analyzer == .standard ? token.kind.name : "word")
            json.add("position", place.position)
            json.endObject()
            place.position += 1
        }
        place.position += Analyzer.positionGap
        place.offset += units.offset(of: bytes.count, in: bytes) + 1
    }
}

/// Offsets as UTF-16 has them, asked for in ascending order.
private struct UTF16Offsets {
    private var at = 0
    private var units = 0

    mutating func offset(of byte: Int, in text: [UInt8]) -> Int {
        while at < byte {
            if text[at] & 0xC0 != 0x80 { units += text[at] >= 0xF0 ? 2 : 1 }
            at += 1
        }
        return units
    }
}

/// What a body asks to have analyzed.
private struct AnalyzeRequest {
    private(set) var texts: [String] = []
    private var name: String?
    private var normalizer: String?
    private var field: String?

    init(_ body: JSONBody) throws(RESTError) {
        guard let members = body.root.members else {
            throw .illegalArgument("Malformed content, must start with an object")
        }
        for member in members { try read(member) }
        guard !texts.isEmpty else { throw .validation("text is missing") }
        if normalizer != nil && name != nil {
            throw .validation("tokenizer/analyze should be null if normalizer is specified")
        }
    }

    private mutating func read(_ member: JSONNode.Member) throws(RESTError) {
        switch (member.key, member.value.value) {
        case ("text", .string(let text)): texts = [text]
        case ("text", .array(let elements)):
            for element in elements {
                guard let text = element.scalarText else { throw Self.misfit(member) }
                texts.append(text)
            }
        case ("analyzer", .string(let text)): name = text
        case ("normalizer", .string(let text)): normalizer = text
        case ("field", .string(let text)): field = text
        case ("explain", .boolean(false)): break
        case ("tokenizer", _), ("filter", _), ("char_filter", _), ("explain", _), ("attributes", _):
            throw .illegalArgument("[\(member.key)] of an analysis is not supported")
        default: throw Self.misfit(member)
        }
    }

    private static func misfit(_ member: JSONNode.Member) -> RESTError {
        .illegalArgument(
            "Unknown parameter [\(member.key)] in request body or parameter is of the wrong type"
                + "[\(member.value.token)] ")
    }

    func analyzer(in index: Index?) throws(RESTError) -> Analyzer {
        if let name {
            guard let analyzer = Analyzer(analyzer: name) else {
                throw .illegalArgument("failed to find \(index == nil ? "global " : "")analyzer [\(name)]")
            }
            return analyzer
        }
        if let normalizer {
            guard normalizer == "lowercase" else {
                throw .illegalArgument("failed to find normalizer under [\(normalizer)]")
            }
            return .lowercase
        }
        guard let field else { return .standard }
        guard let index else {
            throw .illegalArgument("analysis based on a specific field requires an index")
        }
        guard let definition = index.fields.first(where: { $0.path == field }) else { return .standard }
        switch definition.type {
        case .text: return definition.analyzer ?? .standard
        case .keyword: return definition.analyzer ?? .keyword
        case .long, .double, .float, .boolean, .date:
            throw .illegalArgument(
                "Can't process field [\(field)], Analysis requests are only supported on tokenized fields")
        }
    }
}
