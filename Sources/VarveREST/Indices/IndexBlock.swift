import Varve

/// What the settings of an index forbid.
enum IndexBlock: String {
    case readOnly = "index.blocks.read_only"
    case readOnlyAllowDelete = "index.blocks.read_only_allow_delete"
    case read = "index.blocks.read"
    case write = "index.blocks.write"
    case metadata = "index.blocks.metadata"

    /// What a request does to an index.
    enum Deed { case read, write, delete, readMetadata, changeMetadata }

    private var number: Int {
        switch self {
        case .readOnly: 5
        case .read: 7
        case .write: 8
        case .metadata: 9
        case .readOnlyAllowDelete: 12
        }
    }

    private var text: String {
        switch self {
        case .readOnly: "index read-only (api)"
        case .read: "index read (api)"
        case .write: "index write (api)"
        case .metadata: "index metadata (api)"
        case .readOnlyAllowDelete:
            "disk usage exceeded flood-stage watermark, index has read-only-allow-delete block"
        }
    }

    private static func relevant(to deed: Deed) -> [IndexBlock] {
        switch deed {
        case .read: [.read]
        case .write: [.readOnly, .write, .readOnlyAllowDelete]
        case .delete: [.readOnly, .metadata]
        case .readMetadata: [.metadata]
        case .changeMetadata: [.readOnly, .metadata, .readOnlyAllowDelete]
        }
    }

    static func check(_ index: Index, _ deed: Deed) throws(RESTError) {
        let settings = index.settings
        if !settings.contains(where: { $0.key.hasPrefix("index.blocks.") && $0.value == "true" }) { return }
        let blocks = relevant(to: deed).filter { block in
            settings.contains { $0.key == block.rawValue && $0.value == "true" }
        }
        if blocks.isEmpty { return }
        let isFlood = blocks == [.readOnlyAllowDelete]
        let reasons = blocks.map {
            "[\($0 == .readOnlyAllowDelete ? "TOO_MANY_REQUESTS" : "FORBIDDEN")/\($0.number)/\($0.text)];"
        }
        throw RESTError(
            isFlood ? 429 : 403, "cluster_block_exception",
            "index [\(index.name)] blocked by: \(reasons.joined(separator: ""))")
    }
}
