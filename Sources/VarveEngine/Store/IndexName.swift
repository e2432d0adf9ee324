/// The rules for names of indices, as OpenSearch has them. A name is never used as a path all the same.
package enum IndexName {
    package static let byteCountMax = 255
    private static let forbidden = Array(" \"*\\<|,>/?".utf8)

    package static func check(_ name: String) throws(EngineError) {
        func refuse(_ rule: String) -> EngineError {
            .invalid("invalid index name \(quoted(name)): it \(rule)")
        }
        let bytes = Array(name.utf8)
        if bytes.isEmpty { throw refuse("must not be empty") }
        if bytes.count > byteCountMax { throw refuse("is too long, \(bytes.count) > \(byteCountMax) bytes") }
        if name == "." || name == ".." { throw refuse("must not be '.' or '..'") }
        if let first = bytes.first, "_-+".utf8.contains(first) {
            throw refuse("must not start with '_', '-' or '+'")
        }
        if bytes.contains(0x23) { throw refuse("must not contain '#'") }
        if bytes.contains(0x3A) { throw refuse("must not contain ':'") }
        if bytes.contains(where: { forbidden.contains($0) || $0 < 0x20 || $0 == 0x7F }) {
            throw refuse("must not contain the following characters [ , \", *, \\, <, |, ,, >, /, ?]")
        }
        if name.contains(where: \.isUppercase) { throw refuse("must be lowercase") }
    }

    /// A name for a message: cut, and without control characters.
    package static func quoted(_ name: String) -> String {
        let scalars = name.unicodeScalars.prefix(80).map {
            $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0)
        }
        return "[" + scalars.joined() + (name.unicodeScalars.count > 80 ? "…" : "") + "]"
    }
}
