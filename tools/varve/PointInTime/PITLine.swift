import Varve
import VarveFiles

/// What is known of a point in time, in words and as JSON.
enum PITLine {
    static func indices(_ pit: PointInTimeInfo) -> String {
        var names: [String] = []
        for pin in pit.pins {
            let name = pin.index ?? "(deleted)"
            if names.last != name { names.append(name) }
        }
        return names.joined(separator: ",").printable
    }

    static func life(_ pit: PointInTimeInfo) -> String {
        let label = pit.label.isEmpty ? "" : "\t" + pit.label.printable
        return "expires in \(seconds(pit.expiresIn)) of \(KeepAlive.text(pit.keepAlive))" + label
    }

    static func text(_ pin: PointInTimeInfo.Pin) -> String {
        let shard = pin.index.map { "\($0)/\(pin.shard ?? 0)".printable } ?? "an index that was deleted"
        return "\(shard) as of \(pin.sequenceNumber.map { "S \($0)" } ?? "before its first operation")"
    }

    /// How far the streams that are ingested are contained: everything before the pointer.
    static func text(_ position: StreamPosition) -> String {
        "partition \(position.partition) up to pointer \(position.pointer)"
            + (position.epoch > 0 ? ", epoch \(position.epoch)" : "")
    }

    private static func json(_ position: StreamPosition) -> String {
        var line = JSONLine()
        line.add("partition", Int(position.partition))
        line.add("pointer", position.pointer.description)
        line.add("epoch", position.epoch)
        return line.text
    }

    static func seconds(_ duration: Duration) -> String { "\(max(0, Int64(duration / .seconds(1))))s" }

    static func json(_ pit: PointInTimeInfo) -> String {
        var line = JSONLine()
        line.add("pit", pit.id)
        line.add("label", pit.label)
        line.add("created_at", pit.createdAt)
        line.add("keep_alive_ms", Int64(pit.keepAlive / .milliseconds(1)))
        line.add("expires_in_ms", Int64(pit.expiresIn / .milliseconds(1)))
        let pins = pit.pins.map { pin -> String in
            var held = JSONLine()
            held.add("index", pin.index)
            held.add("shard", pin.shard.map { UInt64($0) })
            held.add("seq_no", pin.sequenceNumber?.rawValue)
            if !pin.positions.isEmpty {
                held.addRaw("positions", "[" + pin.positions.map(json).joined(separator: ",") + "]")
            }
            return held.text
        }
        line.addRaw("shards", "[" + pins.joined(separator: ",") + "]")
        return line.text
    }
}
