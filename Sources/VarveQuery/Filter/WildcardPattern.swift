import VarveBytes

/// A pattern of bytes with `*` (any run) and `?` (any one character), matched against whole terms.
///
/// Matching never goes back further than to the last `*`, so it takes at most term length x pattern length steps.
struct WildcardPattern: Equatable {
    enum Step: Equatable {
        case byte(UInt8)
        case anyCharacter
        case anyRun
    }

    let steps: [Step]
    /// What every matching term starts with.
    let literalPrefix: [UInt8]

    /// A backslash takes the next character as it is.
    init(_ text: String) {
        var steps: [Step] = []
        var isEscaped = false
        for byte in text.utf8 {
            switch byte {
            case _ where isEscaped:
                steps.append(.byte(byte))
                isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "*"): if steps.last != .anyRun { steps.append(.anyRun) }
            case UInt8(ascii: "?"): steps.append(.anyCharacter)
            default: steps.append(.byte(byte))
            }
        }
        if isEscaped { steps.append(.byte(UInt8(ascii: "\\"))) }
        self.steps = steps
        var prefix: [UInt8] = []
        for case .byte(let byte) in steps.prefix(while: { $0 != .anyRun && $0 != .anyCharacter }) {
            prefix.append(byte)
        }
        literalPrefix = prefix
    }

    func matches(_ term: RawSpan) -> Bool {
        var at = 0
        var step = 0
        var retry: (step: Int, at: Int)?
        while true {
            if step < steps.count, case .anyRun = steps[step] {
                step += 1
                retry = (step, at)
                continue
            }
            if step == steps.count && at == term.byteCount { return true }
            if step < steps.count, let next = advance(steps[step], term, at) {
                step += 1
                at = next
                continue
            }
            guard let last = retry, last.at < term.byteCount else { return false }
            retry = (last.step, last.at + 1)
            step = last.step
            at = last.at + 1
        }
    }

    /// Where the term goes on after one step; nil if the step does not fit.
    private func advance(_ step: Step, _ term: RawSpan, _ at: Int) -> Int? {
        guard at < term.byteCount else { return nil }
        let byte = term.byte(at: at)
        switch step {
        case .byte(let expected): return byte == expected ? at + 1 : nil
        case .anyCharacter:
            // A run restarted inside a character must not count the rest of it as one.
            if byte & 0xc0 == 0x80 { return nil }
            let length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
            return min(at + length, term.byteCount)
        case .anyRun: return at
        }
    }
}
