import VarveBytes

extension ColumnDrafts {
    /// Finds what all strings of the column begin and end with.
    func findAffixes(_ bytes: borrowing ByteBuffer, _ draft: inout ColumnDraft) {
        let rows = bytes.bytes
        let tokens = tokens.items
        var first: SourceToken?
        var prefix = 0
        var suffix = 0
        for at in draft.values where tokens[at].kinds == .string {
            let token = tokens[at]
            guard let first else {
                first = token
                prefix = token.count - 2
                suffix = prefix
                continue
            }
            prefix = min(prefix, token.count - 2)
            suffix = min(suffix, token.count - 2)
            var same = 0
            while same < prefix
                && rows.byte(at: first.offset + 1 + same) == rows.byte(at: token.offset + 1 + same)
            {
                same += 1
            }
            prefix = same
            let (firstEnd, end) = (first.offset + first.count - 2, token.offset + token.count - 2)
            same = 0
            while same < suffix && rows.byte(at: firstEnd - same) == rows.byte(at: end - same) { same += 1 }
            suffix = same
            if prefix == 0 && suffix == 0 { break }
        }
        var shortest = Int.max
        for at in draft.values where tokens[at].kinds == .string {
            shortest = min(shortest, tokens[at].count - 2)
        }
        draft.prefixCount = prefix
        draft.suffixCount = min(suffix, shortest - prefix)
    }

    /// Makes `numbers` of strings that are a common prefix, digits, and a common suffix; false if they are not.
    mutating func readNumberedTexts(_ bytes: borrowing ByteBuffer, _ draft: inout ColumnDraft) -> Bool {
        guard let first = draft.values.first(where: { tokens[$0].kinds == .string }),
            Self.hasDigit(tokens[first], bytes.bytes)
        else { return false }
        findAffixes(bytes, &draft)
        Self.leaveDigits(of: tokens[first], bytes.bytes, &draft)
        if readDigits(bytes.bytes, &draft) { return true }
        draft.prefixCount = 0
        draft.suffixCount = 0
        draft.digitsMin = 0
        return false
    }

    private static func hasDigit(_ token: SourceToken, _ rows: RawSpan) -> Bool {
        for at in token.offset..<token.offset + token.count where isDigit(rows.byte(at: at)) { return true }
        return false
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Digits that all values have in common still belong to the number.
    private static func leaveDigits(of first: SourceToken, _ rows: RawSpan, _ draft: inout ColumnDraft) {
        while draft.prefixCount > 0 && isDigit(rows.byte(at: first.offset + draft.prefixCount)) {
            draft.prefixCount -= 1
        }
        let end = first.offset + first.count - 1
        while draft.suffixCount > 0 && isDigit(rows.byte(at: end - draft.suffixCount)) {
            draft.suffixCount -= 1
        }
    }

    private mutating func readDigits(_ rows: RawSpan, _ draft: inout ColumnDraft) -> Bool {
        var shortest = Int.max
        var longest = 0
        var hasLeadingZero = false
        for at in draft.values where tokens[at].kinds == .string {
            let start = tokens[at].offset + 1 + draft.prefixCount
            let end = tokens[at].offset + tokens[at].count - 1 - draft.suffixCount
            guard start < end && end - start <= Decimals.countMax else { return false }
            var number: Int64 = 0
            for place in start..<end {
                guard Self.isDigit(rows.byte(at: place)) else { return false }
                number = number &* 10 &+ Int64(rows.byte(at: place) &- 0x30)
            }
            numbers[at] = number
            shortest = min(shortest, end - start)
            longest = max(longest, end - start)
            hasLeadingZero = hasLeadingZero || (end - start > 1 && rows.byte(at: start) == 0x30)
        }
        draft.digitsMin = hasLeadingZero ? longest : 0
        return !hasLeadingZero || shortest == longest
    }
}
