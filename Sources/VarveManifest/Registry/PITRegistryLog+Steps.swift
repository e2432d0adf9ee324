import VarveBytes
import VarveFiles

/// The steps of the registry's work: one for each copy, one for a new generation.
extension PITRegistryLog {
    /// Writes and syncs the group that is on its way, if this copy lacks it.
    func step(_ copy: FileCopy) -> StepOutcome {
        guard let (group, file) = take(copy) else { return rest() }
        let frame = group.bytes
        do throws(FileError) {
            try file.write(frame.bytes, at: group.offset)
            try file.syncData()
        } catch {
            fail(.storage(.file(error)))
            return .idle
        }
        let now = environment.clock.monotonicNanoseconds
        guard let completion = state.withLock({ $0.finish(copy, at: now) }) else { return .idle }
        if completion.wakesCopies { wakeCopies() }
        for callback in completion.callbacks { callback.run() }
        if completion.wakesSuccession { wakeSuccession() }
        return completion.wakesCopies ? .again : rest()
    }

    private func take(_ copy: FileCopy) -> (RegistryGroup, any OpenFile)? {
        state.withLock { state in
            guard let group = state.take(copy) else { return nil }
            return (group, state.tail.files[copy == .a ? 0 : 1])
        }
    }

    /// Nothing to write: marks the last group as durable once the log has been idle for long enough.
    private func rest() -> StepOutcome {
        guard let due = state.withLock({ $0.markDue }) else { return .idle }
        guard environment.clock.monotonicNanoseconds >= due else { return .idleUntil(due) }
        mark()
        return .again
    }

    func fail(_ reason: PublishFailure) {
        for callback in state.withLock({ $0.fail(reason) }) { callback.run() }
    }
}

/// A generation on its way: what it is made of, and how far that is written.
struct RegistrySuccessor: ~Copyable {
    var builder: RegistryBuilder
    let table: PITTable
    var position = 0
    var isBaseWritten = false
    /// How often groups were caught up with while the log went on.
    var rounds = 0
}

extension PITRegistryLog {
    /// Rounds of catching up before the log is made to wait, and what is little enough to do while it waits.
    private static let roundsMax = 8
    private static let catchUpBytesMax = 64 << 10

    /// Writes a part of the new generation, or makes it the one that counts.
    func stepOfSuccession() -> StepOutcome {
        guard var successor = takeSuccessor() else { return .idle }
        guard failure == nil else {
            successor.builder.discard()
            return .idle
        }
        do throws(PublishFailure) {
            if try extend(&successor) {
                keep(successor)
                return .again
            }
            guard state.withLock({ $0.requestSwitch() }) else {
                keep(successor)
                return .idle
            }
            try change(to: &successor)
        } catch {
            giveUp(successor, because: error)
        }
        return .idle
    }

    /// Writes a part of the base or of the groups since; false if the rest can be done while the log waits.
    private func extend(_ successor: inout RegistrySuccessor) throws(PublishFailure) -> Bool {
        do throws(FileError) {
            if !successor.isBaseWritten {
                let hasMore = try successor.builder.appendBase(
                    of: successor.table, from: &successor.position, options: options)
                successor.isBaseWritten = !hasMore
                if !hasMore { try successor.builder.sync() }
                return true
            }
            guard successor.rounds < Self.roundsMax else { return false }
            let groups = state.withLock { $0.takeCatchUp() }
            for group in groups { try successor.builder.append(group) }
            if groups.reduce(0, { $0 + $1.payloadCount }) <= Self.catchUpBytesMax {
                successor.rounds = Self.roundsMax
                return false
            }
            successor.rounds += 1
            try successor.builder.sync()
            return true
        } catch {
            throw .storage(.file(error))
        }
    }

    /// The log is at rest: completes the generation with the last groups and goes on in it.
    private func change(to successor: inout RegistrySuccessor) throws(PublishFailure) {
        do throws(FileError) {
            for group in state.withLock({ $0.takeCatchUp() }) { try successor.builder.append(group) }
        } catch {
            throw .storage(.file(error))
        }
        let tail = try successor.builder.publish(preallocating: options.preallocatedBytes)
        if state.withLock({ $0.adopt(tail) }) { wakeCopies() }
        successor.builder.discard()
        successor.builder.removeOlderGenerations()
    }

    /// Want of room before any name was given puts the generation off; anything else poisons the registry.
    private func giveUp(_ successor: consuming RegistrySuccessor, because reason: PublishFailure) {
        successor.builder.discard()
        if !successor.builder.mayBePublished, case .storage(.file(let error)) = reason {
            giveUp(because: error)
        } else {
            fail(reason)
        }
    }

    private func giveUp(because error: FileError) {
        if [.noSpace, .quota, .tooManyFiles].contains(error.code) {
            if state.withLock({ $0.postponeSuccession() }) { wakeCopies() }
        } else {
            fail(.storage(.file(error)))
        }
    }

    /// The generation on its way, begun now if one is due.
    private func takeSuccessor() -> RegistrySuccessor? {
        if let kept = successor.withLock({ $0.take() }) { return kept }
        guard
            let (table, generation) = state.withLock({ state in
                state.takeBase().map { ($0, state.tail.generation) }
            })
        else { return nil }
        do throws(FileError) {
            return RegistrySuccessor(
                builder: try RegistryBuilder(
                    generation: generation + 1, previous: generation, store: store, environment: environment),
                table: table)
        } catch {
            giveUp(because: error)
            return nil
        }
    }

    private func keep(_ unfinished: consuming RegistrySuccessor) {
        var unfinished: RegistrySuccessor? = unfinished
        successor.withLock { $0 = unfinished.take() }
    }

    func discardSuccessor() { successor.withLock { $0.take() }?.builder.discard() }
}
