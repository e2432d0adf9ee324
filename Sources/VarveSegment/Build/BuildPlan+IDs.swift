import VarveBytes
import VarveFiles

extension BuildPlan {
    /// Ids are read and merged in chunks of this many.
    private static let chunkCount = 2048

    /// Writes the id dictionary and returns the place of each row in id order.
    func writeIDs(to file: inout SegmentFileWriter) throws(StorageError) -> [UInt32] {
        var dictionary = IDDictionaryWriter(rowCount: rowCount)
        file.beginSection()
        if inputs.count == 1 {
            try copyIDs(inputs[0], into: &dictionary, &file)
        } else {
            try mergeIDs(into: &dictionary, &file)
        }
        guard dictionary.idCount == rowCount else {
            throw .damaged(
                Damage(file.path, at: file.offset, "\(dictionary.idCount) ids of \(rowCount) rows"))
        }
        try dictionary.finish(to: &file)
        return dictionary.places
    }

    private func copyIDs(
        _ input: Input, into dictionary: inout IDDictionaryWriter, _ file: inout SegmentFileWriter
    ) throws(StorageError) {
        var ids = SortedIDs()
        var first = 0
        while first < input.view.rowCount {
            let end = min(first + Self.chunkCount, input.view.rowCount)
            try input.view.readSortedIDs(first..<end, into: &ids)
            for place in 0..<ids.count {
                guard let row = input.mapping.newRow(Int(ids.rows[place])) else { continue }
                let start = Int(ids.offsets[place])
                let id = ids.bytes.bytes.slice(start, Int(ids.offsets[place + 1]) - start)
                try dictionary.append(id, row: row, to: &file)
            }
            first = end
        }
    }

    private func mergeIDs(
        into dictionary: inout IDDictionaryWriter, _ file: inout SegmentFileWriter
    ) throws(StorageError) {
        var merge = StringMerge(sourceCount: inputs.count)
        var next = [Int](repeating: 0, count: inputs.count)
        var rows = [[UInt32]](repeating: [], count: inputs.count)
        for source in inputs.indices where inputs[source].view.rowCount > 0 {
            let chunk = try readChunk(source, from: &next[source], rows: &rows[source])
            merge.add(source, chunk.bytes, chunk.offsets)
        }
        while let source = merge.top {
            if let row = inputs[source].mapping.newRow(Int(rows[source][merge.place(source)])) {
                try merge.withString(of: source) { (id) throws(StorageError) in
                    try dictionary.append(id, row: row, to: &file)
                }
            }
            if merge.advance() { continue }
            if next[source] == inputs[source].view.rowCount {
                merge.removeTop()
            } else {
                let chunk = try readChunk(source, from: &next[source], rows: &rows[source])
                merge.refill(source, chunk.bytes, chunk.offsets)
                merge.settle()
            }
        }
    }

    private func readChunk(
        _ source: Int, from next: inout Int, rows: inout [UInt32]
    ) throws(StorageError) -> (bytes: SharedBytes, offsets: [UInt32]) {
        let view = inputs[source].view
        let end = min(next + Self.chunkCount, view.rowCount)
        var ids = SortedIDs()
        try view.readSortedIDs(next..<end, into: &ids)
        next = end
        rows = ids.rows
        let offsets = ids.offsets
        return (SharedBytes(ids.takeBytes()), offsets)
    }
}

extension SortedIDs {
    /// The bytes, which the run is left without.
    mutating func takeBytes() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &bytes)
        return taken
    }
}

extension SortedTerms {
    /// The bytes, which the run is left without.
    mutating func takeBytes() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &bytes)
        return taken
    }
}
