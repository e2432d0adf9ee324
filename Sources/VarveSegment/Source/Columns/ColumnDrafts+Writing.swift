import VarveBytes

extension ColumnDrafts {
    /// Appends the number of columns, then the columns; returns where each of them was written.
    mutating func write(_ bytes: borrowing ByteBuffer, into payload: inout ByteBuffer) -> [Int] {
        payload.appendVarint(UInt64(drafts.count))
        var written = [Int](repeating: -1, count: drafts.count)
        for (number, place) in writingOrder().enumerated() {
            let draft = drafts[place]
            written[place] = number
            switch draft.form {
            case .constant: writeConstant(draft, bytes.bytes, &payload)
            case .numbers(let kind): writeNumbers(draft, kind, written, &payload)
            case .dictionary: writeDictionary(draft, bytes.bytes, &payload)
            case .bytes: writeBytes(draft, bytes.bytes, &payload)
            }
        }
        return written
    }

    /// Columns as they come, those that others tell last.
    private func writingOrder() -> [Int] {
        drafts.indices.filter { drafts[$0].terms.isEmpty }
            + drafts.indices.filter { !drafts[$0].terms.isEmpty }
    }

    private func writeHead(_ tag: UInt8, quoted: Bool, _ draft: ColumnDraft, _ payload: inout ByteBuffer) {
        payload.append(tag | (quoted ? SourceColumnTag.quoted : 0))
        payload.appendVarint(UInt64(draft.domain))
    }

    private func writeConstant(_ draft: ColumnDraft, _ rows: RawSpan, _ payload: inout ByteBuffer) {
        writeHead(SourceColumnTag.constant, quoted: false, draft, &payload)
        if draft.values.isEmpty {
            payload.appendVarint(0)
        } else {
            let value = tokens[draft.values.lowerBound]
            payload.appendSized(rows.slice(value.offset, value.count))
        }
    }

    private mutating func writeNumbers(
        _ draft: ColumnDraft, _ kind: SourceColumnKind, _ written: [Int], _ payload: inout ByteBuffer
    ) {
        guard let plan = makeCodes(of: draft) else { preconditionFailure("numbers that have no codes") }
        writeHead(kind.rawValue, quoted: kind == .dates, draft, &payload)
        payload.append(draft.words)
        if kind == .dates {
            payload.append(draft.dateStyle.rawValue)
        } else {
            payload.append(UInt8(draft.decimals))
            payload.append(UInt8(draft.decimalsMin))
        }
        payload.appendZigzag(plan.base)
        payload.appendZigzag(Int64(bitPattern: plan.scale))
        writeTerms(draft.terms, written, &payload)
        writePlanes(codes, plan.width, &payload)
    }

    private func writeTerms(_ terms: [DraftTerm], _ written: [Int], _ payload: inout ByteBuffer) {
        payload.appendVarint(UInt64(terms.count))
        for term in terms {
            payload.appendVarint(UInt64(written[term.place]))
            guard let least = term.table.min(), let greatest = term.table.max() else {
                payload.appendZigzag(term.factor)
                continue
            }
            payload.append(UInt8(term.second == nil ? 0 : 1))
            if let second = term.second { payload.appendVarint(UInt64(written[second])) }
            payload.appendZigzag(least)
            let width = Self.width(of: UInt64(bitPattern: greatest &- least))
            writePlanes(term.table.map { UInt64(bitPattern: $0 &- least) }, width, &payload)
        }
    }

    private mutating func writeDictionary(_ draft: ColumnDraft, _ rows: RawSpan, _ payload: inout ByteBuffer)
    {
        let quoted = draft.kinds == .string
        writeHead(SourceColumnKind.dictionary.rawValue, quoted: quoted, draft, &payload)
        payload.appendVarint(UInt64(draft.entries.count))
        for entry in draft.entries { payload.appendVarint(UInt64(entries[entry].count - (quoted ? 2 : 0))) }
        for entry in draft.entries { Self.append(entries[entry], quoted, rows, &payload) }
        codes.removeAll(keepingCapacity: true)
        for at in draft.values { codes.append(UInt64(bitPattern: numbers[at])) }
        writePlanes(codes, Self.width(of: UInt64(draft.entries.count - 1)), &payload)
    }

    /// The lengths, then the values; strings without their quotes, words as lengths below the others.
    private mutating func writeBytes(_ draft: ColumnDraft, _ rows: RawSpan, _ payload: inout ByteBuffer) {
        let quoted = draft.kinds.subtracting(.words) == .string
        let words = quoted ? draft.words : 0
        let quotes = quoted ? 2 : 0
        codes.removeAll(keepingCapacity: true)
        var longest = 0
        var shortest = Int.max
        for at in draft.values {
            let isWord = words != 0 && !tokens[at].kinds.isDisjoint(with: .words)
            let length = isWord ? 0 : tokens[at].count - quotes
            longest = max(longest, length)
            shortest = min(shortest, length)
            let code =
                isWord
                ? wordCode(draft, at - draft.values.lowerBound) : UInt64(length + words.nonzeroBitCount)
            codes.append(code)
        }
        writeHead(SourceColumnKind.bytes.rawValue, quoted: quoted, draft, &payload)
        payload.append(words)
        if words == 0 && shortest == longest {
            payload.append(UInt8(0))
            payload.appendVarint(UInt64(longest))
        } else {
            writePlanes(codes, max(1, Self.width(of: UInt64(longest + words.nonzeroBitCount))), &payload)
        }
        for at in draft.values where words == 0 || tokens[at].kinds.isDisjoint(with: .words) {
            Self.append(tokens[at], quoted, rows, &payload)
        }
    }

    private static func append(
        _ token: SourceToken, _ quoted: Bool, _ rows: RawSpan, _ payload: inout ByteBuffer
    ) {
        let trim = quoted ? 1 : 0
        payload.append(rows.slice(token.offset + trim, token.count - 2 * trim))
    }

    /// The width, then one plane for each byte of the codes, the lowest first.
    private func writePlanes(_ all: [UInt64], _ width: Int, _ payload: inout ByteBuffer) {
        payload.append(UInt8(width))
        let codes = all.span
        for plane in 0..<UInt64(width) {
            payload.append(upTo: codes.count) { room in
                for at in codes.indices {
                    let byte = UInt8(truncatingIfNeeded: codes[at] &>> (plane &* 8))
                    room.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
                }
                return codes.count
            }
        }
    }
}
