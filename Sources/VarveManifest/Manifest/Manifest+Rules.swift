import VarveBytes

extension Manifest {
    /// The first invariant that this manifest breaks, in words, or nil. A decoder throws it as damage, a
    /// publisher refuses the manifest.
    package var brokenRule: String? {
        if generation == 0 || previousGeneration >= generation {
            return "generation \(generation) cannot follow \(previousGeneration)"
        }
        let numbers = [generation, writerEpoch, lowestWAL, nextFileID, flushed?.rawValue ?? 0]
        if let high = numbers.first(where: { $0 >= FileName.numberLimit }) {
            return "\(high) is too high a number"
        }
        if segments.count > Self.segmentsMax || retired.count > Self.segmentsMax {
            return "a shard has at most \(Self.segmentsMax) current and as many retired segments"
        }
        if schema.count > Self.schemaBytesMax { return "a schema of \(schema.count) bytes" }
        if checkpoints.count > Self.checkpointsMax { return "\(checkpoints.count) source checkpoints" }
        for entry in segments {
            if entry.isRetired { return "current segment \(entry.id.hex16) has an end of validity" }
            if let rule = brokenRule(of: entry) { return rule }
        }
        for entry in retired {
            if !entry.isRetired { return "retired segment \(entry.id.hex16) has no end of validity" }
            if let rule = brokenRule(of: entry) { return rule }
        }
        for (left, right) in zip(segments, segments.dropFirst()) where left.highestBirth >= right.lowestBirth
        {
            return "segments \(left.id.hex16) and \(right.id.hex16) do not ascend by birth"
        }
        return brokenRuleOfIDs
    }

    private func brokenRule(of entry: SegmentEntry) -> String? {
        guard let flushed else { return "segment \(entry.id.hex16) in a shard without a flush" }
        return entry.brokenRule(flushed: flushed).map { "segment \(entry.id.hex16) has \($0)" }
    }

    /// Segments have ids of their own, deaths files too; all lie in the reserved range.
    private var brokenRuleOfIDs: String? {
        let entries = [segments, retired].joined()
        var ids = entries.map(\.id)
        ids.sort()
        for (left, right) in zip(ids, ids.dropFirst()) where left == right {
            return "two segments have the id \(left.hex16)"
        }
        if ids.first == 0 { return "a segment has the id 0" }
        if let last = ids.last, last >= nextFileID {
            return "segment \(last.hex16) is not in the reserved range"
        }
        if let letters {
            let at = ids.partitioningIndex { $0 >= letters.file }
            if letters.file == 0 || letters.file >= nextFileID || (at < ids.count && ids[at] == letters.file)
            {
                return "the letters file \(letters.file.hex16) has an id that is not its own"
            }
        }
        for entry in entries {
            for piece in entry.deaths {
                if piece.file == 0 || piece.file >= nextFileID {
                    return "deaths file \(piece.file.hex16) is not in the reserved range"
                }
                let at = ids.partitioningIndex { $0 >= piece.file }
                if at < ids.count && ids[at] == piece.file {
                    return "a segment and a deaths file have the id \(piece.file.hex16)"
                }
            }
        }
        return nil
    }
}

extension SegmentEntry {
    /// What is wrong with this entry alone, or nil.
    fileprivate func brokenRule(flushed: SequenceNumber) -> String? {
        if rows < 1 || rows > Self.rowsMax { return "\(rows) rows" }
        if !(0...rows).contains(tombstones) { return "\(tombstones) tombstones in \(rows) rows" }
        if lowestBirth > highestBirth { return "births out of order" }
        if highestBirth > flushed { return "a birth above the flushed \(flushed)" }
        if from > to { return "a validity from \(from) to \(to)" }
        if from > flushed { return "a validity from above the flushed \(flushed)" }
        if deaths.count > Self.deathsPiecesMax { return "more than 4 deaths pieces" }
        var sum = 0
        for piece in deaths {
            if piece.count < 1 || piece.count > rows - sum { return "more deaths than rows" }
            sum += piece.count
            if piece.highestDeath > flushed { return "a death above the flushed \(flushed)" }
            if piece.offset.addingReportingOverflow(piece.byteCount).overflow {
                return "a deaths piece past every file's end"
            }
        }
        return sum == dead ? nil : "\(dead) dead rows, its pieces have \(sum)"
    }
}
