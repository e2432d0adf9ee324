import Testing
import VarveBytes
import VarveEngine
import VarveFiles
import VarveSimulation

/// Inverts bits of a store at rest: the right answer or a clear error, never a trap and never a wrong answer.
@Suite struct `A store with a flipped bit` {
    /// Bytes from one flipped bit to the next.
    static let step = Effort.isFull ? 1 : 23

    @Test(arguments: [true, false])
    func `answers right or says what is damaged`(isClosed: Bool) throws {
        let base = try Script.prepared(closing: isClosed, resting: !isClosed)
        var refused = 0
        var answered = 0
        for file in base.disk.snapshot() where file.path.name != "LOCK" {
            var offset = 0
            while offset < file.bytes.count {
                // Pre-created zeros are many and alike.
                let isZeros = file.bytes[offset] == 0 && offset > 4096
                if Effort.isFull || !isZeros || offset % 512 < Self.step {
                    let disk = base.disk.copy()
                    disk.flipBit(offset * 7 % 8, ofByte: UInt64(offset), in: file.path)
                    if try answers(disk, base, "\(file.path) at \(offset)") {
                        answered += 1
                    } else {
                        refused += 1
                    }
                }
                offset += Self.step
            }
        }
        print(
            "flipped bits in a \(isClosed ? "closed" : "killed") store: \(answered) right, \(refused) refused"
        )
        #expect(refused > 0)
        #expect(answered > 0)
    }

    /// Whether all was read and right; an error counts as false and a wrong answer as an issue.
    private func answers(_ disk: SimulatedDisk, _ base: Script.Prepared, _ place: String) throws -> Bool {
        let script: Script
        do throws(any Error) {
            script = try Script(Simulation(seed: 2).restarted(on: disk), base.journal)
        } catch {
            return false
        }
        defer { script.stop() }
        var oracle = Oracle(base.journal, at: .max)
        do throws(any Error) {
            try oracle.examine(script)
            return true
        } catch let violation as Violation where violation.isReadError {
            return false
        } catch {
            Issue.record("\(place): \(error)")
            return false
        }
    }
}

extension Violation {
    /// The store said that it cannot answer, which damage allows.
    fileprivate var isReadError: Bool {
        text.hasPrefix("reading fails") || text.contains("cannot be used")
    }
}
