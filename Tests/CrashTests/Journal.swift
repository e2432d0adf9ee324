import VarveBytes

/// What a store holds, as the oracle has it.
struct Model: Equatable, Sendable {
    struct Document: Equatable, Sendable {
        var sequence: UInt64
        var version: Int64
        var source: String
    }
    var documents: [String: Document] = [:]
    /// The newest version of every id that was ever written, deletes included.
    var versions: [String: Int64] = [:]
    /// Where the stream source goes on.
    var pointer: [UInt8]?
}

/// When something was asked for and when it was acknowledged, in operations of the disk.
struct Span: Sendable {
    var submitted: Int
    var acknowledged: Int?

    /// Whether a disk that stopped after `point` operations has to show it.
    func must(at point: Int) -> Bool { acknowledged.map { $0 <= point } ?? false }
    /// Whether it may show it.
    func may(at point: Int) -> Bool { submitted < point || must(at: point) }
}

/// What a script has asked for and been promised, with the state of the store after each step.
struct Journal: Sendable {
    /// One log record: all or nothing.
    struct Step: Sendable {
        var span: Span
        var after: Model
    }
    struct Pinned: Sendable {
        var label: String
        var model: Model
        var created: Span
        var keepAlives: [(span: Span, value: Int64)]
        var closed: Span?
    }
    var steps: [Step]
    var pinned: [Pinned] = []
    var highestSequence: UInt64?
    /// Ids without a document whose last version cannot be told: two states of the past look alike.
    var uncertain: Set<String> = []

    init(base: Model) { steps = [Step(span: Span(submitted: -1, acknowledged: -1), after: base)] }

    var model: Model { steps[steps.count - 1].after }

    /// The states that a disk stopped after `point` operations may show.
    func candidates(at point: Int) -> ArraySlice<Step> {
        let least = steps.lastIndex { $0.span.must(at: point) } ?? 0
        var most = least
        while most + 1 < steps.count && steps[most + 1].span.may(at: point) { most += 1 }
        return steps[least...most]
    }

    /// What counts from now on for a store that was found in a state and with these points in time.
    func rebased(on state: Model, uncertain: Set<String>, keepAlives: [String: Int64]) -> Journal {
        let past = Span(submitted: -1, acknowledged: -1)
        var next = Journal(base: state)
        next.highestSequence = highestSequence
        next.uncertain = uncertain
        for var pin in pinned {
            guard let keepAlive = keepAlives[pin.label] else { continue }
            pin.created = past
            pin.closed = nil
            pin.keepAlives = [(past, keepAlive)]
            next.pinned.append(pin)
        }
        return next
    }

    /// What was promised, for the script that starts on the disk as it is now.
    func settled() -> Journal {
        let past = Span(submitted: -1, acknowledged: -1)
        var next = Journal(base: model)
        next.highestSequence = highestSequence
        for var pin in pinned where pin.closed == nil {
            pin.created = past
            pin.keepAlives = pin.keepAlives.suffix(1).map { (past, $0.value) }
            next.pinned.append(pin)
        }
        return next
    }
}
