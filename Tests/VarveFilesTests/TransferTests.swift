import Glibc
import Testing

@testable import VarveFiles

@Suite struct `Calls that do a part` {
    @Test func `are repeated until all is read or the file ends`() throws {
        var parts = [3, 1, 5, 0]
        var positions: [off_t] = []
        let count = try Transfer.read(20, from: 100) { (done, position) throws(Errno) in
            positions.append(position)
            return parts.removeFirst()
        }
        #expect(count == 9)
        #expect(positions == [100, 103, 104, 109])
        #expect(parts.isEmpty)
        let whole = try Transfer.read(4, from: 0) { (done, _) throws(Errno) in 4 - done }
        #expect(whole == 4)
    }

    @Test func `are repeated until all is written`() throws {
        var positions: [off_t] = []
        try Transfer.write(10, from: 7) { (done, position) throws(Errno) in
            positions.append(position)
            return min(4, 10 - done)
        }
        #expect(positions == [7, 11, 15])
    }

    @Test func `end with the error of any of them`() {
        var isFirst = true
        #expect(throws: Errno(number: ENOSPC)) {
            try Transfer.write(10, from: 0) { (_, _) throws(Errno) in
                defer { isFirst = false }
                if isFirst { return 4 }
                throw Errno(number: ENOSPC)
            }
        }
        #expect(throws: Errno(number: EIO), "a write of nothing is no progress") {
            try Transfer.write(10, from: 0) { (_, _) throws(Errno) in 0 }
        }
    }

    @Test func `read nothing past the last position there is`() throws {
        let count = try Transfer.read(10, from: .max - 2) { (_, position) throws(Errno) in
            #expect(position == .max - 2)
            return 3
        }
        #expect(count == 3)
    }

    @Test func `are made again when a signal interrupts them, and not after other errors`() throws {
        var calls = 0
        let answer = try SystemCall.retrying {
            calls += 1
            errno = EINTR
            return calls < 4 ? -1 : 42
        }
        #expect(answer == 42 && calls == 4)
        #expect(throws: Errno(number: EIO)) {
            _ = try SystemCall.retrying {
                calls += 1
                errno = EIO
                return -1
            }
        }
        #expect(calls == 5)
    }
}
