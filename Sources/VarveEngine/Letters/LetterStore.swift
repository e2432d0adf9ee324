import VarveBytes
import VarveDocument
import VarveFiles
package import VarveManifest

/// The dead letters of a shard in memory, oldest first: bounded, and copied as a whole where a flush needs them as of
/// one operation.
struct LetterStore: Sendable {
    /// From `first` on; those before were evicted.
    private var stored: [StoredLetter] = []
    private var first = 0
    private(set) var byteCount = 0
    /// Letters that had to make room, or were too old.
    private(set) var evicted: UInt64 = 0
    /// Changes with every change.
    private(set) var generation: UInt64 = 0

    /// What a letter takes besides its body.
    static let overhead = 64

    init() {}

    init(_ file: LettersFile) {
        stored = file.letters
        evicted = file.evicted
        byteCount = stored.reduce(0) { $0 + $1.body.count + Self.overhead }
    }

    var letters: ArraySlice<StoredLetter> { stored[first...] }
    var count: Int { stored.count - first }

    /// Does what an operation of a batch says of letters.
    mutating func apply(_ batch: PreparedBatch, operation: Int, number: UInt64, time: Int64) {
        let operation = batch.operations[operation]
        let source = batch.payload.bytes.slice(Int(operation.sourceOffset), Int(operation.sourceCount))
        switch operation.kind {
        case .deadLetter:
            stored.append(StoredLetter(number: number, time: time, body: source.copyBytes()))
            byteCount += Int(operation.sourceCount) + Self.overhead
            generation += 1
        case .removeLetters:
            // The bytes are our own, checked by the builder or by the log's checksum.
            guard let numbers = try? LetterRemoval.decode(source) else { return }
            remove(Set(numbers))
        case .index, .create, .delete, .noOperation: break
        }
    }

    private mutating func remove(_ numbers: Set<UInt64>) {
        let kept = letters.filter { !numbers.contains($0.number) }
        if kept.count == count { return }
        replace(kept)
    }

    private mutating func replace(_ kept: [StoredLetter]) {
        stored = kept
        first = 0
        byteCount = kept.reduce(0) { $0 + $1.body.count + Self.overhead }
        generation += 1
    }

    /// Lets the oldest go until the limits are kept.
    mutating func trim(to limits: LetterLimits, at now: Int64) {
        let from = limits.ageMilliseconds.map { now - $0 }
        let before = first
        while first < stored.count {
            let oldest = stored[first]
            guard byteCount > limits.bytes || from.map({ oldest.time < $0 }) ?? false else { break }
            byteCount -= oldest.body.count + Self.overhead
            first += 1
        }
        guard first > before else { return }
        evicted += UInt64(first - before)
        generation += 1
        if first > stored.count / 2 {
            stored.removeFirst(first)
            first = 0
        }
    }
}

/// How many dead letters a shard keeps.
package struct LetterLimits: Equatable, Sendable {
    package var bytes: Int
    package var ageMilliseconds: Int64?

    package init(bytes: Int, ageMilliseconds: Int64? = nil) {
        self.bytes = bytes
        self.ageMilliseconds = ageMilliseconds
    }
}

/// Dead letters of a shard, as a list shows them.
package struct LetterPage: Sendable {
    package let letters: [StoredLetter]
    /// Of all that are kept.
    package let count: Int
    package let byteCount: Int
    package let evicted: UInt64
}

extension Shard {
    /// From now on no more are kept. Without a call everything is.
    package func limitLetters(to limits: LetterLimits) {
        let now = environment.clock.wallMilliseconds
        sequencer.withLock { sequencer in
            sequencer.letterLimits = limits
            sequencer.letters.trim(to: limits, at: now)
        }
    }

    /// Letters with numbers above `number`, oldest first.
    package func letters(after number: UInt64?, limit: Int) -> LetterPage {
        let now = environment.clock.wallMilliseconds
        let store = sequencer.withLock { sequencer in
            if let limits = sequencer.letterLimits { sequencer.letters.trim(to: limits, at: now) }
            return sequencer.letters
        }
        let rest = number.map { number in store.letters.drop { $0.number <= number } } ?? store.letters
        return LetterPage(
            letters: Array(rest.prefix(max(0, limit))), count: store.count, byteCount: store.byteCount,
            evicted: store.evicted)
    }

    package func letter(_ number: UInt64) -> StoredLetter? {
        sequencer.withLock { $0.letters.letters.first { $0.number == number } }
    }

    /// Writes the letters of a flush, unless the generation before has the same ones.
    func writeLetters(
        _ letters: LetterStore, into next: inout Manifest, _ commits: inout CommitState
    ) throws(StorageError) {
        if letters.generation == commits.lettersGeneration { return }
        commits.lettersGeneration = letters.generation
        next.letters = nil
        if letters.count == 0 && letters.evicted == 0 { return }
        let id = commits.takeFileID()
        let file = LettersFile(Array(letters.letters), evicted: letters.evicted)
        let bytes = file.encode(owner: uuid, fileID: id)
        do throws(FileError) {
            try AtomicPublish(in: environment).publish(layout.letters(id), bytes: bytes.bytes)
        } catch {
            commits.lettersGeneration = nil
            commits.garbage.append(layout.letters(id))
            throw .file(error)
        }
        next.letters = LettersEntry(file: id, byteCount: UInt64(bytes.count))
    }
}
