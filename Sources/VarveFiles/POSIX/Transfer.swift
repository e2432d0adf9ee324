#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Repeats calls that may do a part of what was asked until all of it is done.
enum Transfer {
    /// Reads until `total` bytes are there or the file ends, and returns how many there were.
    ///
    /// - Parameter call: Reads once, with so many bytes done already, from the given position on.
    static func read(
        _ total: Int, from start: off_t, _ call: (_ done: Int, _ position: off_t) throws(Errno) -> Int
    ) throws(Errno) -> Int {
        var done = 0
        while done < total {
            // Past the last position that the system can name lies nothing.
            let (position, isOver) = start.addingReportingOverflow(off_t(done))
            if isOver { break }
            let count = try call(done, position)
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes until all of `total` bytes are written. The caller has checked that the last position is one.
    ///
    /// - Parameter call: Writes once, with so many bytes done already, from the given position on.
    static func write(
        _ total: Int, from start: off_t, _ call: (_ done: Int, _ position: off_t) throws(Errno) -> Int
    ) throws(Errno) {
        var done = 0
        while done < total {
            let count = try call(done, start + off_t(done))
            // A write of no bytes without a reason would be tried for ever.
            guard count > 0 else { throw Errno(number: EIO) }
            done += count
        }
    }
}
