#if Server
import Logging
import VarveBytes
import VarveDocument
import VarveFiles

/// Writes each remark as one JSON object on a line of standard error: `timestamp` in milliseconds since 1970, `level`,
/// `message`, and its values under `values`.
struct JSONLinesLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let line = Self.line(
            at: SystemClock().wallMilliseconds, level: event.level.rawValue, event.message.description, values
        )
        _ = try? StandardStreams.write(line.rawSpan, to: .error)
    }

    static func line(
        at time: Int64, level: String, _ message: String, _ values: Logger.Metadata
    ) -> [UInt8] {
        var buffer = ByteBuffer(capacity: 256)
        buffer.append(utf8: #"{"timestamp":\#(time),"level":"\#(level)","message":"#)
        JSONText.appendQuoted(message, to: &buffer)
        if !values.isEmpty {
            buffer.append(utf8: ",\"values\":{")
            for (at, key) in values.keys.sorted().enumerated() {
                if at > 0 { buffer.append(utf8: ",") }
                JSONText.appendQuoted(key, to: &buffer)
                buffer.append(utf8: ":")
                JSONText.appendQuoted(values[key]?.description ?? "", to: &buffer)
            }
            buffer.append(utf8: "}")
        }
        buffer.append(utf8: "}\n")
        return buffer.bytes.copyBytes()
    }
}
#endif
