import Varve
import VarveDocument
import VarveIngest

/// One element of `reset_settings`: where a shard is to go on. `partition`, and the modes without a value, are an
/// addition to OpenSearch.
struct ResetSettings: Sendable {
    enum Mode: String {
        case offset = "OFFSET"
        case timestamp = "TIMESTAMP"
        case earliest = "EARLIEST"
        case latest = "LATEST"

        var takesValue: Bool { self == .offset || self == .timestamp }
    }

    let shard: Int
    /// Nil for all that the shard reads.
    let partition: UInt32?
    let mode: Mode
    /// Empty where the mode takes none.
    let value: String

    /// The body of a resumption: `{"reset_settings":[{"shard":0,"mode":"offset","value":"1"}]}`.
    static func read(_ body: JSONBody?) throws(RESTError) -> [ResetSettings] {
        guard let root = body?.root else { return [] }
        guard let members = root.members else {
            throw .illegalArgument("Expected START_OBJECT but got: \(root.token)")
        }
        var found: [ResetSettings] = []
        for member in members {
            guard member.key == "reset_settings" else {
                throw .illegalArgument("Unexpected field: \(member.key)")
            }
            guard let elements = member.value.elements else {
                throw .illegalArgument("Expected START_ARRAY for 'reset_settings'")
            }
            for element in elements { found.append(try ResetSettings(element)) }
        }
        return found
    }

    private init(_ node: JSONNode) throws(RESTError) {
        guard let members = node.members else {
            throw .illegalArgument("Expected START_OBJECT for ResetSettings but got: \(node.token)")
        }
        var (shard, partition, mode, value): (Int, UInt32?, Mode?, String?) = (-1, nil, nil, nil)
        for member in members {
            switch member.key {
            case "shard":
                guard let number = member.value.integer else {
                    throw .illegalArgument("'shard' must be a number, not \(member.value.token)")
                }
                shard = number
            case "partition":
                partition = member.value.integer.flatMap { UInt32(exactly: $0) }
                if partition == nil { throw .illegalArgument("'partition' must be a number from 0") }
            case "mode":
                let text = member.value.scalarText ?? "null"
                mode = Mode(rawValue: text.uppercased())
                if mode == nil { throw .illegalArgument("Invalid value for 'mode': \(text)") }
            case "value": value = member.value.scalarText
            default: throw .illegalArgument("Unexpected field in ResetSettings: \(member.key)")
            }
        }
        if let mode, !mode.takesValue {
            guard value == nil else {
                throw .illegalArgument("the mode [\(mode.rawValue)] of ResetSettings takes no [value]")
            }
            value = ""
        }
        guard shard >= 0, let mode, let value else {
            throw .illegalArgument(
                "Missing required fields in ResetSettings: shard=\(shard), mode=\(mode?.rawValue ?? "null"), "
                    + "value=\(value ?? "null")")
        }
        self.shard = shard
        self.partition = partition
        self.mode = mode
        self.value = value
    }

    /// What it asks of an ingestion.
    func request(for ingestion: Ingestion) throws(RESTError) -> IngestionReset {
        switch mode {
        case .timestamp:
            guard let milliseconds = Int64(value), milliseconds >= 0 else {
                throw .illegalArgument("[\(value)] is no timestamp: expected milliseconds since the epoch")
            }
            return IngestionReset(
                shard: shard, partition: partition, to: .timestamp(milliseconds: milliseconds))
        case .offset:
            do throws(VarveError) {
                let (named, pointer) = try ingestion.pointer(text: value)
                return IngestionReset(shard: shard, partition: named ?? partition, to: .pointer(pointer))
            } catch { throw RESTError(error) }
        case .earliest: return IngestionReset(shard: shard, partition: partition, to: .earliest)
        case .latest: return IngestionReset(shard: shard, partition: partition, to: .latest)
        }
    }
}
