import VarveBytes

extension ColumnDrafts {
    /// Appends the number of columns, then the columns; returns where each of them was written.
    mutating func write(_ bytes: borrowing ByteBuffer, into payload: inout ByteBuffer) -> [Int] {
        payload.appendVarint(UInt64(drafts.count))
        var written = [Int](repeating: -1, count: drafts.count)
        let order = drafts.indices.sorted { drafts[$0].writingRank < drafts[$1].writingRank }
        for (number, place) in order.enumerated() {
            let draft = drafts[place]
            written[place] = number
            switch draft.form {
            case .constant: writeConstant(draft, bytes.bytes, &payload)
            case .numbers(let kind): writeNumbers(draft, kind, written, bytes.bytes, &payload)
            case .dictionary: writeDictionary(draft, bytes.bytes, &payload)
            case .bytes: writeBytes(draft, bytes.bytes, &payload)
            }
        }
        return written
    }

    private func writeHead(_ tag: UInt8, quoted: Bool, _ draft: ColumnDraft, _ payload: inout ByteBuffer) {
        payload.append(tag | (quoted ? SourceColumnTag.quoted : 0))
        payload.appendVarint(UInt64(draft.domain))
    }

    /// The head of a column whose values may have a prefix and a suffix in common.
    private func writeHead(
        _ tag: UInt8, quoted: Bool, _ draft: ColumnDraft, _ rows: RawSpan, _ payload: inout ByteBuffer
    ) {
        let first = draft.values.first { tokens[$0].kinds == .string }
        guard let first, draft.prefixCount + draft.suffixCount > 0 else {
            writeHead(tag, quoted: quoted, draft, &payload)
            return
        }
        writeHead(tag | SourceColumnTag.affixed, quoted: quoted, draft, &payload)
        let token = tokens[first]
        payload.appendSized(rows.slice(token.offset + 1, draft.prefixCount))
        let end = token.offset + token.count - 1
        payload.appendSized(rows.slice(end - draft.suffixCount, draft.suffixCount))
    }

    private func writeConstant(_ draft: ColumnDraft, _ rows: RawSpan, _ payload: inout ByteBuffer) {
        writeHead(SourceColumnTag.constant, quoted: false, draft, &payload)
        if draft.count == 0 {
            payload.appendVarint(0)
        } else {
            let value = tokens[draft.first]
            payload.appendSized(rows.slice(value.offset, value.count))
        }
    }

    private mutating func writeNumbers(
        _ draft: ColumnDraft, _ kind: SourceColumnKind, _ written: [Int], _ rows: RawSpan,
        _ payload: inout ByteBuffer
    ) {
        writeHead(kind.rawValue, quoted: kind == .dates || draft.isText, draft, rows, &payload)
        payload.append(draft.words)
        if kind == .dates {
            payload.append(draft.dateStyle.rawValue)
        } else {
            payload.append(UInt8(draft.decimals))
            payload.append(UInt8(draft.decimalsMin))
            payload.append(UInt8(draft.digitsMin))
        }
        payload.appendZigzag(draft.plan.base)
        payload.appendZigzag(Int64(draft.plan.scale))
        payload.appendVarint(UInt64(draft.terms.count))
        for term in draft.terms {
            payload.appendVarint(UInt64(written[term.place]))
            if term.factor != 0 {
                payload.appendZigzag(term.factor)
            } else {
                writeTable(term, written, &payload)
            }
        }
        makeCodes(of: draft)
        Self.writePlanes(codes, draft.plan.width, &payload)
    }

    private mutating func writeTable(_ term: DraftTerm, _ written: [Int], _ payload: inout ByteBuffer) {
        payload.append(UInt8(term.second == nil ? 0 : 1))
        if let second = term.second { payload.appendVarint(UInt64(written[second])) }
        let least = term.table.min() ?? 0
        let greatest = term.table.max() ?? 0
        payload.appendZigzag(least)
        codes.removeAll()
        for number in term.table { codes.append(UInt64(bitPattern: number &- least)) }
        Self.writePlanes(codes, Self.width(of: UInt64(bitPattern: greatest &- least)), &payload)
    }

    private mutating func writeDictionary(_ draft: ColumnDraft, _ rows: RawSpan, _ payload: inout ByteBuffer)
    {
        let quoted = draft.kinds == .string
        writeHead(SourceColumnKind.dictionary.rawValue, quoted: quoted, draft, &payload)
        payload.appendVarint(UInt64(draft.entries.count))
        for entry in draft.entries { payload.appendVarint(UInt64(entries[entry].count - (quoted ? 2 : 0))) }
        for at in draft.entries {
            let quote = quoted ? 1 : 0
            payload.appendPiece(
                of: rows, at: entries[at].offset + quote, count: entries[at].count - 2 * quote)
        }
        codes.removeAll()
        for at in draft.values { codes.append(UInt64(bitPattern: numbers[at])) }
        Self.writePlanes(codes, Self.width(of: UInt64(draft.entries.count - 1)), &payload)
    }

    /// The lengths, then the values; strings without their quotes, words as lengths below the others.
    private mutating func writeBytes(_ draft: ColumnDraft, _ rows: RawSpan, _ payload: inout ByteBuffer) {
        let quoted = draft.kinds.subtracting(.words) == .string
        let words = quoted ? draft.words : 0
        let before = (quoted ? 1 : 0) + draft.prefixCount
        let around = before + (quoted ? 1 : 0) + draft.suffixCount
        var longest = 0
        var shortest = Int.max
        codes.removeAll()
        for at in draft.values {
            let isWord = words != 0 && !tokens[at].kinds.isDisjoint(with: .words)
            let length = isWord ? 0 : tokens[at].count - around
            longest = max(longest, length)
            shortest = min(shortest, length)
            let code = UInt64(length + words.nonzeroBitCount)
            codes.append(isWord ? Self.wordCode(tokens[at].kinds, among: words) : code)
        }
        writeHead(SourceColumnKind.bytes.rawValue, quoted: quoted, draft, rows, &payload)
        payload.append(words)
        if words == 0 && shortest == longest {
            payload.append(UInt8(0))
            payload.appendVarint(UInt64(longest))
        } else {
            Self.writePlanes(codes, Self.width(of: UInt64(longest + words.nonzeroBitCount)), &payload)
        }
        for at in draft.values where words == 0 || tokens[at].kinds.isDisjoint(with: .words) {
            payload.appendPiece(of: rows, at: tokens[at].offset + before, count: tokens[at].count - around)
        }
    }

    /// The width, then one plane for each byte of the codes, the lowest first.
    private static func writePlanes(
        _ all: borrowing ItemBuffer<UInt64>, _ width: Int, _ payload: inout ByteBuffer
    ) {
        payload.append(UInt8(width))
        let codes = all.items
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
