/// Changes to the looks of a JSON text that is known to be sound: numbers and strings stay as they were written.
enum JSONReshape {
    /// `pretty`: two blanks a level, blanks around the colon, a line break at the end, as OpenSearch prints.
    static func pretty(_ json: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(json.count * 2)
        var depth = 0
        var at = 0
        func breakLine() {
            out.append(0x0A)
            out.append(contentsOf: repeatElement(0x20, count: depth * 2))
        }
        while at < json.count {
            let byte = json[at]
            switch byte {
            case 0x22:
                let end = stringEnd(json, at)
                out += json[at..<end]
                at = end
                continue
            case 0x7B, 0x5B:
                let next = skipBlanks(json, at + 1)
                out.append(byte)
                if next < json.count, json[next] == byte + 2 {
                    out += [0x20, byte + 2]
                    at = next + 1
                    continue
                }
                depth += 1
                breakLine()
            case 0x7D, 0x5D:
                depth -= 1
                breakLine()
                out.append(byte)
            case 0x2C:
                out.append(byte)
                breakLine()
            case 0x3A: out += [0x20, 0x3A, 0x20]
            case 0x20, 0x09, 0x0A, 0x0D: break
            default: out.append(byte)
            }
            at += 1
        }
        out.append(0x0A)
        return out
    }

    /// `filter_path`: what the patterns name, and of that what no pattern with a minus names. `*` is any part of a
    /// key, `**` any number of levels. Containers that lose all they held go too.
    static func filter(_ json: [UInt8], _ patterns: [String]) -> [UInt8] {
        let includes = patterns.filter { !$0.hasPrefix("-") }.map(segments)
        let excludes = patterns.filter { $0.hasPrefix("-") }.map { segments(String($0.dropFirst())) }
        var at = 0
        let kept = filtered(json, &at, includes.isEmpty ? nil : includes, excludes)
        return kept ?? Array("{}".utf8)
    }

    private static func segments(_ pattern: String) -> ArraySlice<Substring> {
        pattern.split(separator: ".")[...]
    }

    /// - Parameter includes: Nil takes everything here.
    private static func filtered(
        _ json: [UInt8], _ at: inout Int, _ includes: [ArraySlice<Substring>]?,
        _ excludes: [ArraySlice<Substring>]
    ) -> [UInt8]? {
        at = skipBlanks(json, at)
        let start = at
        if let includes, includes.isEmpty {
            at = valueEnd(json, at)
            return nil
        }
        guard json[at] == 0x7B || json[at] == 0x5B else {
            at = scalarEnd(json, at)
            return includes == nil ? Array(json[start..<at]) : nil
        }
        let isObject = json[at] == 0x7B
        var out: [UInt8] = [json[at]]
        at = skipBlanks(json, at + 1)
        while json[at] != 0x7D && json[at] != 0x5D {
            if json[at] == 0x2C { at = skipBlanks(json, at + 1) }
            var key: ArraySlice<UInt8> = []
            var inner = includes
            var outer = excludes
            var isDropped = false
            if isObject {
                let end = stringEnd(json, at)
                key = json[at..<end]
                let name = String(decoding: json[(at + 1)..<(end - 1)], as: UTF8.self)
                at = skipBlanks(json, skipBlanks(json, end) + 1)
                if let includes {
                    let rest = includes.flatMap { step($0, name) }
                    inner = rest.contains { $0.isEmpty } ? nil : rest
                }
                outer = excludes.flatMap { step($0, name) }
                isDropped = outer.contains { $0.isEmpty }
            }
            let kept = filtered(json, &at, inner, outer)
            at = skipBlanks(json, at)
            guard let kept, !isDropped else { continue }
            if out.count > 1 { out.append(0x2C) }
            if isObject { out += key + [0x3A] }
            out += kept
        }
        at += 1
        out.append(isObject ? 0x7D : 0x5D)
        return out.count == 2 && (includes != nil || at - start > 2) ? nil : out
    }

    /// What is left of a pattern below a key; nothing if it does not match.
    private static func step(_ pattern: ArraySlice<Substring>, _ key: String) -> [ArraySlice<Substring>] {
        guard let first = pattern.first else { return [] }
        if first == "**" {
            let rest = pattern.dropFirst()
            return [pattern] + (rest.isEmpty ? [rest] : step(rest, key))
        }
        return Wildcard.matches(key, String(first)) ? [pattern.dropFirst()] : []
    }

    // MARK: Scanning

    /// The end of the value that starts here, whatever it is.
    private static func valueEnd(_ json: [UInt8], _ start: Int) -> Int {
        guard json[start] == 0x7B || json[start] == 0x5B else { return scalarEnd(json, start) }
        var depth = 0
        var at = start
        while at < json.count {
            switch json[at] {
            case 0x22:
                at = stringEnd(json, at)
                continue
            case 0x7B, 0x5B: depth += 1
            case 0x7D, 0x5D: depth -= 1
            default: break
            }
            at += 1
            if depth == 0 { break }
        }
        return at
    }

    private static func skipBlanks(_ json: [UInt8], _ start: Int) -> Int {
        var at = start
        while at < json.count, isBlank(json[at]) { at += 1 }
        return at
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    /// - Parameter start: Of the opening quote.
    private static func stringEnd(_ json: [UInt8], _ start: Int) -> Int {
        var at = start + 1
        while at < json.count && json[at] != 0x22 { at += json[at] == 0x5C ? 2 : 1 }
        return min(at + 1, json.count)
    }

    private static func scalarEnd(_ json: [UInt8], _ start: Int) -> Int {
        if json[start] == 0x22 { return stringEnd(json, start) }
        var at = start
        while at < json.count, json[at] != 0x2C, json[at] != 0x7D, json[at] != 0x5D, !isBlank(json[at]) {
            at += 1
        }
        return at
    }
}
