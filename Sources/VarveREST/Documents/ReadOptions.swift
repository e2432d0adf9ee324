import Varve

/// What a get takes beside its id.
enum ReadOptions {
    static func check(_ parameters: Parameters) throws(RESTError) {
        if let fields = parameters.query["stored_fields"], fields != "_none_" {
            throw .illegalArgument("[stored_fields] is not supported: no field is stored beside the source")
        }
    }

    /// The version that the reader wants is the one that is there.
    static func checkVersion(
        _ found: Document?, _ parameters: Parameters, _ target: DocumentTarget
    ) throws(RESTError) {
        let type = parameters.query["version_type"]?.lowercased() ?? "internal"
        guard ["internal", "external", "external_gt", "external_gte"].contains(type) else {
            throw .illegalArgument("No version type match [\(parameters.query["version_type"] ?? "")]")
        }
        guard let wanted = try parameters.integer("version"), let found else { return }
        let isOlder = type == "external_gte" ? found.version < wanted : found.version != wanted
        guard isOlder else { return }
        let comparison = type == "external_gte" ? "lower than" : "different than"
        throw .conflict(
            "[\(found.id)]: version conflict, current version [\(found.version)] is \(comparison) the one "
                + "provided [\(wanted)]", in: target.index, shard: target.shardNumber(of: found.id))
    }
}
