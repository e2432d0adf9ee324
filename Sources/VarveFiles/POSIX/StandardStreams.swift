import VarveBytes

#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The streams that a command was started with: read and written as they are, without a buffer of ours.
package enum StandardStreams {
    package enum Stream: Int32, Sendable {
        case input = 0
        case output = 1
        case error = 2
    }

    /// From now on writing to a closed pipe is an answer and no signal that ends the process, and a stream that the
    /// command was started without stays closed: the first file of a store would get its number otherwise, and
    /// what is printed would go there. To be called before anything is opened.
    package static func prepare() {
        _ = signal(SIGPIPE, SIG_IGN)
        for stream in [Stream.input, .output, .error] where fcntl(stream.rawValue, F_GETFD) == -1 {
            // The lowest free number is the stream's. The wrong direction makes every use an answer of its own.
            // SAFETY: the name is a constant that outlives the call.
            _ = unsafe open("/dev/null", stream == .input ? O_WRONLY : O_RDONLY)
        }
    }

    package static func isTerminal(_ stream: Stream) -> Bool { isatty(stream.rawValue) == 1 }

    /// The next bytes of standard input, at most so many; none at its end, or if there is no standard input.
    package static func read(upTo count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        do throws(Errno) {
            // SAFETY: the system writes at most the array's length, and the array outlives the call.
            let read = try SystemCall.retrying {
                unsafe bytes.withUnsafeMutableBytes { unsafe readStream(0, $0.baseAddress, $0.count) }
            }
            bytes.removeLast(count - read)
            return bytes
        } catch {
            if error.number == EBADF { return [] }
            throw FileError("read", StorePath.outside("standard input"), error)
        }
    }

    /// Writes all of it; false if nobody reads the other end any more.
    package static func write(_ bytes: RawSpan, to stream: Stream) throws(FileError) -> Bool {
        var done = 0
        while done < bytes.byteCount {
            let rest = bytes.slice(done, bytes.byteCount - done)
            do throws(Errno) {
                // SAFETY: the system reads at most the span's length, and the span outlives the call.
                done += try SystemCall.retrying {
                    unsafe rest.withUnsafeBytes {
                        unsafe writeStream(stream.rawValue, $0.baseAddress, $0.count)
                    }
                }
            } catch {
                if error.number == EPIPE || error.number == EBADF { return false }
                throw FileError("write", StorePath.outside("standard output"), error)
            }
        }
        return true
    }
}

/// The C functions, out of the shadow of those above with the same names.
private func readStream(_ number: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    unsafe read(number, bytes, count)
}

private func writeStream(_ number: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(number, bytes, count)
}
