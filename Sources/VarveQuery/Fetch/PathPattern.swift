/// A pattern of dotted paths, in which `*` stands for any run of characters, dots included.
struct PathPattern {
    private let bytes: [UInt8]
    /// What stands before the first `*`.
    private let literal: ArraySlice<UInt8>

    init(_ text: String) {
        bytes = Array(text.utf8)
        literal = bytes.prefix { $0 != UInt8(ascii: "*") }
    }

    func matches(_ path: [UInt8]) -> Bool {
        var at = 0
        var step = 0
        var retry: (step: Int, at: Int)?
        while true {
            if step < bytes.count && bytes[step] == UInt8(ascii: "*") {
                step += 1
                retry = (step, at)
            } else if step == bytes.count && at == path.count {
                return true
            } else if step < bytes.count && at < path.count && bytes[step] == path[at] {
                step += 1
                at += 1
            } else {
                guard let last = retry, last.at < path.count else { return false }
                retry = (last.step, last.at + 1)
                (step, at) = (last.step, last.at + 1)
            }
        }
    }

    /// Whether some path below this one could match.
    func mayMatch(below path: [UInt8]) -> Bool {
        let prefix = path + [UInt8(ascii: ".")]
        if literal.count >= prefix.count { return literal.starts(with: prefix) }
        return literal.count < bytes.count && prefix.starts(with: literal)
    }
}
