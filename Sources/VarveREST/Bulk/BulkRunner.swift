import Varve

/// Applies a bulk's actions and keeps the answers to them, in order.
///
/// Writes to one index are collected and committed together. An update has to see what came before it, so writes
/// to its id that still wait are committed first. Operations on one id thus apply in the order of the request.
struct BulkRunner: Sendable {
    /// Writes that are committed together at most.
    private static let batchOperations = 4_000
    private static let batchBytes = 16 << 20

    private let call: Call
    private let policy: RefreshPolicy
    private(set) var itemCount = 0
    private var hasErrors = false
    /// The items as JSON, without the brackets around them.
    private var rendered: [[UInt8]] = []
    private var touched: [String: Index] = [:]

    /// The answer to one action.
    private enum Item: Sendable {
        case written(Receipt, Index)
        case nothing(Document, Index)
        case failed(RESTError, index: String, id: String?)
    }

    /// Writes to one index that wait for their commit.
    private struct Pending {
        var index: Index
        var requests: [WriteRequest] = []
        var places: [Int] = []
        var ids: Set<String> = []
        var byteCount = 0
    }

    init(_ call: Call, _ policy: RefreshPolicy) {
        self.call = call
        self.policy = policy
    }

    mutating func run(_ actions: [BulkAction]) async throws(RESTError) {
        var items = [Item?](repeating: nil, count: actions.count)
        let hasUpdates = actions.contains { $0.kind == .update }
        var pending: [String: Pending] = [:]
        for (at, action) in actions.enumerated() {
            let name = action.index ?? call.parameters.path["index"] ?? ""
            do throws(RESTError) {
                let index = try await target(action, name)
                // Out of the dictionary while it changes: what is held twice would be copied whole.
                var queue = pending.removeValue(forKey: name) ?? Pending(index: index)
                defer { pending[name] = queue }
                if action.kind == .update, let id = action.id, queue.ids.contains(id) {
                    await Self.commit(&queue, into: &items)
                }
                if let request = try await request(action, index, &items[at]) {
                    queue.requests.append(request)
                    queue.places.append(at)
                    queue.byteCount += request.source?.count ?? 0
                    if hasUpdates, let id = request.id { queue.ids.insert(id) }
                }
                if queue.requests.count >= Self.batchOperations || queue.byteCount >= Self.batchBytes {
                    await Self.commit(&queue, into: &items)
                }
            } catch { items[at] = .failed(error, index: name, id: action.id) }
        }
        for name in pending.keys.sorted() {
            guard var queue = pending[name] else { continue }
            await Self.commit(&queue, into: &items)
        }
        render(items, of: actions)
    }

    private mutating func target(_ action: BulkAction, _ name: String) async throws(RESTError) -> Index {
        if name.isEmpty { throw .validation("index is missing") }
        let required = try call.parameters.boolean("require_alias")
        if action.requiresAlias ?? required {
            throw RESTError(
                404, "index_not_found_exception",
                "no such index [\(name)] and [require_alias] request flag is [true] and [\(name)] "
                    + "is not an alias")
        }
        if let index = touched[name] { return index }
        let index = try await call.indexToWrite(name)
        touched[name] = index
        return index
    }

    /// The write that an action comes to; nil if there is nothing to write, and then its item is there.
    private func request(
        _ action: BulkAction, _ index: Index, _ item: inout Item?
    ) async throws(RESTError) -> WriteRequest? {
        if action.id == "" { throw .illegalArgument("if _id is specified it must not be empty") }
        let condition = try action.terms.condition(isAutomaticID: action.id == nil)
        if let id = action.id { try DocumentHandlers.checkID(id) }
        switch action.kind {
        case .index, .create:
            return WriteRequest(
                source: action.source ?? [], id: action.id, condition: condition,
                primaryTerm: action.terms.ifPrimaryTerm)
        case .delete:
            guard let id = action.id else { throw .validation("id is missing") }
            return WriteRequest(
                source: nil, id: id, condition: condition, primaryTerm: action.terms.ifPrimaryTerm)
        case .update:
            guard let id = action.id else { throw .validation("id is missing") }
            let body: JSONBody
            do { body = try JSONBody(action.source ?? []) } catch { throw RESTError(error) }
            let found = try await DocumentHandlers.document(id, in: index)
            switch try UpdateRequest(body).plan(for: id, over: found, in: index) {
            case .nothing(let document):
                item = .nothing(document, index)
                return nil
            case .write(var write):
                if case .unchanged = condition { write.condition = condition }
                return write
            }
        }
    }

    private static func commit(_ queue: inout Pending, into items: inout [Item?]) async {
        if queue.requests.isEmpty { return }
        let results = await Writer.write(queue.requests, to: queue.index)
        for (at, result) in results.enumerated() {
            switch result {
            case .success(let receipt): items[queue.places[at]] = .written(receipt, queue.index)
            case .failure(let error):
                items[queue.places[at]] = .failed(
                    error, index: queue.index.name, id: queue.requests[at].id)
            }
        }
        queue = Pending(index: queue.index)
    }

    // MARK: The answer

    private mutating func render(_ items: [Item?], of actions: [BulkAction]) {
        if items.isEmpty { return }
        var json = JSONWriter(capacity: items.count * 200)
        for (item, action) in zip(items, actions) {
            json.beginObject()
            json.key(action.itemName)
            json.beginObject()
            write(item, to: &json)
            json.endObject()
            json.endObject()
        }
        itemCount += items.count
        rendered.append(json.finish())
    }

    private mutating func write(_ item: Item?, to json: inout JSONWriter) {
        switch item {
        case .written(let receipt, let index):
            receipt.write(index, policy, to: &json)
            json.add("status", receipt.status)
        case .nothing(let document, let index):
            UpdateHandlers.writeNoop(document, index, to: &json)
            json.add("status", 200)
        case .failed(let error, let index, let id):
            hasErrors = true
            json.add("_index", index)
            if let id { json.add("_id", id) } else { json.addNull("_id") }
            json.add("status", error.status)
            json.key("error")
            error.detail.write(into: &json, withCause: true)
        case nil: break
        }
    }

    func refresh() async throws(RESTError) {
        for index in touched.values { try await Writer.refresh(index, policy) }
    }

    func response(since start: ContinuousClock.Instant) -> RESTResponse {
        var json = JSONWriter()
        json.beginObject()
        json.add("took", start.duration(to: .now).wholeMilliseconds)
        json.add("errors", hasErrors)
        json.key("items")
        json.beginArray()
        var chunks = [json.finish()]
        for (at, items) in rendered.enumerated() {
            if at > 0 { chunks.append([0x2C]) }
            chunks.append(items)
        }
        chunks.append(Array("]}".utf8))
        return RESTResponse(status: 200, contentType: RESTResponse.jsonType, chunks: chunks)
    }
}
