import Varve

/// `_open` and `_close`.
enum OpenCloseHandlers {
    static func open(_ call: Call) async throws(RESTError) -> RESTResponse {
        var standard = IndexOptions.administrative
        (standard.expandsOpen, standard.expandsClosed) = (false, true)
        let indices = try indices(call, standard)
        do { try await call.store.reopen(indices) } catch { throw RESTError(error) }
        for index in indices { call.service.warmUp.begin(index) }
        var json = JSONWriter()
        json.beginObject()
        json.add("acknowledged", true)
        json.add("shards_acknowledged", true)
        json.endObject()
        return .json(200, json)
    }

    static func close(_ call: Call) async throws(RESTError) -> RESTResponse {
        var standard = IndexOptions.administrative
        standard.expandsClosed = false
        let indices = try indices(call, standard)
        do { try await call.store.closeIndices(indices) } catch { throw RESTError(error) }
        var json = JSONWriter()
        json.beginObject()
        json.add("acknowledged", true)
        json.add("shards_acknowledged", true)
        json.key("indices")
        json.beginObject()
        for index in indices {
            json.key(index.name)
            json.beginObject()
            json.add("closed", true)
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return .json(200, json)
    }

    private static func indices(_ call: Call, _ standard: IndexOptions) throws(RESTError) -> [Index] {
        if let text = call.parameters.query["wait_for_active_shards"] {
            try WriteParameters.check(activeShards: text)
        }
        try call.service.settings.checkDestruction(of: call.segment("index"))
        let indices = try call.indices(
            call.segment("index"), IndexOptions(call.parameters, over: standard))
        for index in indices { try IndexBlock.check(index, .changeMetadata) }
        return indices
    }
}
