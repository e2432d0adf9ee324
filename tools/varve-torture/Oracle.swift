/// What the parent knows: what was acknowledged, and what may or may not have happened when the child died.
struct Oracle {
    /// By key the document that was acknowledged last.
    private var documents: [String: String] = [:]
    /// By worker the operation that was announced and not acknowledged: keys and their documents, nil for a delete.
    private var unsure: [String: [(key: String, document: String?)]] = [:]
    /// Points in time with their digests, and those that are being closed.
    private var pointsInTime: [String: String] = [:]
    private var closing: Set<String> = []
    private var found: [String: String] = [:]
    private var foundPoints: [String: String] = [:]
    private var highestStreamed = -1
    var sums = TortureSums()
    private(set) var isVerified = false

    mutating func startChild() {
        found = [:]
        foundPoints = [:]
        isVerified = false
    }

    mutating func hear(_ line: Substring) {
        let kind = line.first
        let rest = line.dropFirst(2)
        switch kind {
        case "D":
            let parts = rest.split(separator: " ", maxSplits: 1)
            if parts.count == 2, found.updateValue(String(parts[1]), forKey: String(parts[0])) != nil {
                sums.duplicated += 1
                sums.note("document \(parts[0]) is there twice")
            }
        case "T":
            let parts = rest.split(separator: " ")
            if parts.count == 2 { foundPoints[String(parts[0])] = String(parts[1]) }
        case "F": hearStream(rest)
        case "V": verify()
        case "I":
            let parts = rest.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return }
            unsure[String(parts[0])] = parts[1].split(separator: "|").map { change in
                let pair = change.split(separator: "=", maxSplits: 1)
                return (String(pair[0]), pair.count == 2 ? String(pair[1]) : nil)
            }
        case "A":
            let parts = rest.split(separator: " ")
            for change in unsure.removeValue(forKey: String(parts[0])) ?? [] {
                documents[change.key] = change.document
            }
            sums.acknowledged += Int(parts.last ?? "0") ?? 0
        case "P":
            let parts = rest.split(separator: " ")
            if parts.count == 2 { pointsInTime[String(parts[0])] = String(parts[1]) }
        case "G": closing.insert(String(rest))
        case "C":
            closing.remove(String(rest))
            pointsInTime[String(rest)] = nil
        case "X":
            sums.errors += 1
            sums.note("the child failed: \(rest)")
        default: break
        }
    }

    private mutating func hearStream(_ rest: Substring) {
        let numbers = rest.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 3 else { return }
        let (count, repeated, highest) = (numbers[0], numbers[1], numbers[2])
        if repeated > 0 {
            sums.duplicated += repeated
            sums.note("\(repeated) messages were applied twice")
        }
        if count != highest + 1 {
            sums.holes += abs(highest + 1 - count)
            sums.note("the stream has \(count) messages, the last one is number \(highest)")
        }
        if highest < highestStreamed {
            sums.note("the stream went back from \(highestStreamed) to \(highest)"); sums.lost += 1
        }
        highestStreamed = highest
        sums.streamed = count
    }

    /// Everything was told: compare, and take what was unsure as it turned out.
    private mutating func verify() {
        isVerified = true
        sums.verified += 1
        for worker in unsure.keys.sorted() {
            let changes = unsure[worker] ?? []
            // A batch is all or nothing.
            let happened = changes.allSatisfy { found[$0.key] == $0.document }
            let absent = changes.allSatisfy { found[$0.key] == documents[$0.key] }
            if !happened && !absent {
                sums.halves += 1
                sums.note("a batch of worker \(worker) is there in part")
            }
            if happened { for change in changes { documents[change.key] = change.document } }
        }
        unsure = [:]
        for (key, document) in documents where found[key] != document {
            sums.lost += 1
            sums.note("\(key) should be \(document), is \(found[key] ?? "absent")")
        }
        for key in found.keys where documents[key] == nil {
            sums.revived += 1
            sums.note("\(key) should be absent")
        }
        for (id, digest) in pointsInTime {
            if closing.contains(id) {
                if foundPoints[id] == nil { pointsInTime[id] = nil }
                continue
            }
            if foundPoints[id] != digest {
                sums.changedPoints += 1
                sums.note("point in time \(id) was \(digest), is \(foundPoints[id] ?? "absent")")
            }
        }
        sums.pointsAtKill = min(sums.pointsAtKill, sums.verified > 8 ? foundPoints.count : .max)
        // One that was made durable without being announced counts from now on.
        for (id, digest) in foundPoints where pointsInTime[id] == nil { pointsInTime[id] = digest }
        sums.comparedPoints += foundPoints.count
        closing = []
    }
}

/// The sums of a run, and the first things that went wrong.
struct TortureSums: CustomStringConvertible {
    var kills = 0
    var verified = 0
    var acknowledged = 0
    var streamed = 0
    var comparedPoints = 0
    var pointsAtKill = Int.max
    var lost = 0
    var revived = 0
    var duplicated = 0
    var holes = 0
    var halves = 0
    var changedPoints = 0
    var errors = 0
    private var notes: [String] = []

    mutating func note(_ text: String) { if notes.count < 20 { notes.append(text) } }

    var isClean: Bool { lost + revived + duplicated + holes + halves + changedPoints + errors == 0 }

    var description: String {
        var lines = [
            "\(kills) kills, \(verified) recoveries compared, \(acknowledged) acknowledged operations, \(streamed) messages",
            "\(lost) lost, \(revived) revived, \(duplicated) duplicated, \(holes) holes, \(halves) half batches",
            "\(comparedPoints) points in time compared, \(changedPoints) changed;"
                + " at least \(pointsAtKill == .max ? 0 : pointsAtKill) open at a kill once warm",
        ]
        if errors > 0 { lines.append("\(errors) errors of children") }
        return (lines + notes).joined(separator: "\n")
    }
}
