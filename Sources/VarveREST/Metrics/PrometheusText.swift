import VarveBytes

/// Prometheus' text format, version 0.0.4: families with their help and type, a sample a line.
struct PrometheusText: ~Copyable {
    enum Kind: String { case counter, gauge, histogram }

    private var buffer = ByteBuffer(capacity: 8_192)

    consuming func finish() -> [UInt8] { buffer.bytes.copyBytes() }

    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        buffer.append(utf8: "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    mutating func sample(_ name: String, _ value: Int, _ labels: [(String, String)] = []) {
        write(name, labels, String(value))
    }

    mutating func sample(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
        write(name, labels, String(value))
    }

    private mutating func write(_ name: String, _ labels: [(String, String)], _ value: String) {
        buffer.append(utf8: name)
        if !labels.isEmpty {
            let text = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            buffer.append(utf8: "{\(text)}")
        }
        buffer.append(utf8: " \(value)\n")
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
