/// The query's parameters, and those that the path holds.
struct Parameters: Sendable {
    /// What every request takes.
    static let common: Set<String> = [
        "pretty", "human", "error_trace", "filter_path", "format", "source", "source_content_type",
    ]

    private(set) var query: [String: String] = [:]
    var path: [String: String] = [:]

    init() {}

    init(query: [String: String], path: [String: String]) {
        self.query = query
        self.path = path
    }

    init(_ rawQuery: String) throws(RESTError) {
        for pair in rawQuery.split(separator: "&", omittingEmptySubsequences: true) {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try PercentCoding.decode(sides[0], plusIsBlank: true)
            query[name] = sides.count > 1 ? try PercentCoding.decode(sides[1], plusIsBlank: true) : ""
        }
    }

    subscript(name: String) -> String? { path[name] ?? query[name] }

    func has(_ name: String) -> Bool { query[name] != nil }

    /// True if it stands there alone or says so.
    func boolean(_ name: String, default value: Bool = false) throws(RESTError) -> Bool {
        guard let text = query[name] else { return value }
        switch text {
        case "", "true": return true
        case "false": return false
        default:
            throw .illegalArgument(
                "Failed to parse value [\(text)] as only [true] or [false] are allowed.")
        }
    }

    func integer(_ name: String) throws(RESTError) -> Int? {
        guard let text = query[name] else { return nil }
        guard let number = Int(text) else {
            throw .illegalArgument(
                "Failed to parse int parameter [\(name)] with value [\(text)]",
                cause: ErrorDetail("number_format_exception", "For input string: \"\(text)\""))
        }
        return number
    }

    func list(_ name: String) -> [String]? {
        self[name].map { $0.split(separator: ",").map(String.init) }
    }

    /// - Parameter known: What the route takes besides the common ones.
    func checkKnown(_ known: Set<String>, path requestPath: String) throws(RESTError) {
        let candidates = known.union(Self.common).union(path.keys)
        let unknown = query.keys.filter { !candidates.contains($0) }.sorted()
        if unknown.isEmpty { return }
        let names = unknown.map { name in
            "[\(name)]" + Suggestion.text(for: name, among: Array(candidates), arrow: " ->")
        }
        throw .illegalArgument(
            "request [\(requestPath)] contains unrecognized parameter\(unknown.count > 1 ? "s" : ""): "
                + names.joined(separator: ", "))
    }
}

/// Percent-encoding of paths and queries.
enum PercentCoding {
    static func decode(_ text: some StringProtocol, plusIsBlank: Bool = false) throws(RESTError) -> String {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.count)
        var at = 0
        while at < source.count {
            switch source[at] {
            case 0x25:
                guard at + 2 < source.count, let high = digit(source[at + 1]), let low = digit(source[at + 2])
                else {
                    throw .illegalArgument("partial escape sequence at end of string: \(text)")
                }
                bytes.append(high << 4 | low)
                at += 2
            case 0x2B where plusIsBlank: bytes.append(0x20)
            default: bytes.append(source[at])
            }
            at += 1
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw .illegalArgument("a path or query is not UTF-8 once it is decoded")
        }
        return decoded
    }

    static func encode(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            let scalar = Character(UnicodeScalar(byte))
            if byte < 0x80 && (scalar.isLetter || scalar.isNumber || "-_.~".contains(scalar)) {
                out.append(scalar)
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                out += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return out
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
