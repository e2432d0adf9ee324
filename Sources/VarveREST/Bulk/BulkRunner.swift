import Varve
import VarveQuery

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
    /// Indices that were named themselves, by name.
    private var plain: [String: Index] = [:]
    /// The last of them, if the request itself asks for no routing and no alias.
    private var plainIndex: Index?

    /// The answer to one action.
    private enum Item: Sendable {
        case written(Receipt, Index, UpdatedSource?)
        case nothing(Document, Index, SourceFilter?)
        case failed(RESTError, index: String, id: String?)
    }

    /// What an update answers with of the document.
    private struct UpdatedSource: Sendable {
        var source: [UInt8]
        var filter: SourceFilter
    }

    /// Writes to one index that wait for their commit.
    private struct Pending {
        var index: Index
        var requests: [WriteRequest] = []
        var places: [Int] = []
        var ids: Set<String> = []
        var byteCount = 0

        var isFull: Bool { requests.count >= batchOperations || byteCount >= batchBytes }

        mutating func append(_ request: WriteRequest, _ place: Int, keepsID: Bool) {
            requests.append(request)
            places.append(place)
            byteCount += request.source?.count ?? 0
            if keepsID, let id = request.id { ids.insert(id) }
        }
    }

    init(_ call: Call, _ policy: RefreshPolicy) {
        self.call = call
        self.policy = policy
    }

    mutating func run(_ actions: [BulkAction]) async throws(RESTError) {
        var items = [Item?](repeating: nil, count: actions.count)
        let hasUpdates = actions.contains { $0.kind == .update }
        let pathName = call.parameters.path["index"] ?? ""
        var queues: [Pending] = []
        var last = 0
        for (at, action) in actions.enumerated() {
            let name = action.index ?? pathName
            do throws(RESTError) {
                let target =
                    if let target = sameTarget(action, name) { target } else {
                        try await target(action, name)
                    }
                try call.admit(action.kind, on: target.index)
                last = Self.place(of: target.index, in: &queues, last)
                if action.kind == .update, let id = action.id, queues[last].ids.contains(id) {
                    await commit(&queues[last], of: actions, into: &items)
                }
                let request =
                    if action.kind == .update { try await update(action, target, &items[at]) } else {
                        try write(action, target)
                    }
                guard let request else { continue }
                queues[last].append(request, at, keepsID: hasUpdates)
                if queues[last].isFull { await commit(&queues[last], of: actions, into: &items) }
            } catch { items[at] = .failed(error, index: name, id: action.id) }
        }
        for at in queues.indices.sorted(by: { queues[$0].index.name < queues[$1].index.name }) {
            await commit(&queues[at], of: actions, into: &items)
        }
        render(items, of: actions)
    }

    /// Where the writes to an index wait.
    ///
    /// - Parameter last: Where those of the action before do: nearly always the same.
    private static func place(of index: Index, in queues: inout [Pending], _ last: Int) -> Int {
        if last < queues.count && queues[last].index.uuid == index.uuid { return last }
        if let found = queues.firstIndex(where: { $0.index.uuid == index.uuid }) { return found }
        queues.append(Pending(index: index))
        return queues.count - 1
    }

    /// The target of the action before, where this one says nothing else.
    private func sameTarget(_ action: BulkAction, _ name: String) -> DocumentTarget? {
        guard let plainIndex, plainIndex.name == name, action.routing == nil, action.pipeline == nil,
            action.requiresAlias == nil
        else { return nil }
        return DocumentTarget(index: plainIndex, routing: nil)
    }

    private mutating func target(
        _ action: BulkAction, _ name: String
    ) async throws(RESTError) -> DocumentTarget {
        if name.isEmpty { throw .validation("index is missing") }
        if let pipeline = action.pipeline { try WriteParameters.check(pipeline: pipeline) }
        let routing = action.routing ?? call.parameters.query["routing"]
        let required = try call.parameters.boolean("require_alias")
        let requiresAlias = action.requiresAlias ?? required
        if !requiresAlias, let index = plain[name] { return DocumentTarget(index: index, routing: routing) }
        let target = try await call.target(
            name, routing: routing, requiresAlias: requiresAlias, isDeletion: action.kind == .delete)
        if !required && routing == nil && target.index.name == name { plainIndex = target.index }
        touched[target.index.name] = target.index
        if target.index.name == name { plain[name] = target.index }
        return target
    }

    private func write(_ action: BulkAction, _ target: DocumentTarget) throws(RESTError) -> WriteRequest? {
        let condition = try Self.condition(action)
        if action.kind == .delete && action.id == nil { throw .validation("id is missing") }
        return WriteRequest(
            source: action.kind == .delete ? nil : action.source ?? [], id: action.id, condition: condition,
            primaryTerm: action.terms.ifPrimaryTerm, routing: target.routing)
    }

    /// What every action is held to, and what has to hold for it.
    private static func condition(_ action: BulkAction) throws(RESTError) -> WriteCondition {
        if action.id == "" { throw .illegalArgument("if _id is specified it must not be empty") }
        let condition = try action.terms.condition(isAutomaticID: action.id == nil)
        if let id = action.id { try DocumentHandlers.checkID(id) }
        return condition
    }

    private func update(
        _ action: BulkAction, _ target: DocumentTarget, _ item: inout Item?
    ) async throws(RESTError) -> WriteRequest? {
        _ = try Self.condition(action)
        guard let id = action.id else { throw .validation("id is missing") }
        let body: JSONBody
        do { body = try JSONBody(Array(action.source ?? [])) } catch { throw RESTError(error) }
        let update = try UpdateRequest(body)
        if action.terms.ifSequenceNumber != nil && action.retries > 0 {
            throw .validation("compare and write operations can not be retried")
        }
        let found = try await DocumentHandlers.document(id, target)
        try UpdateHandlers.check(action.terms, found, id: id, target)
        switch try update.plan(for: id, over: found, in: target) {
        case .nothing(let document):
            item = .nothing(document, target.index, update.source ?? action.filter)
            return nil
        case .write(let write): return write
        }
    }

    private func commit(_ queue: inout Pending, of actions: [BulkAction], into items: inout [Item?]) async {
        if queue.requests.isEmpty { return }
        let results = await Writer.write(queue.requests, to: queue.index)
        for (at, result) in results.enumerated() {
            let place = queue.places[at]
            let request = queue.requests[at]
            switch result {
            case .success(let receipt): items[place] = written(receipt, request, actions[place], queue.index)
            case .failure(let error) where error.status == 409 && actions[place].retries > 0:
                items[place] = await retry(
                    actions[place], DocumentTarget(index: queue.index, routing: request.routing), error)
            case .failure(let error):
                items[place] = .failed(error, index: queue.index.name, id: request.id)
            }
        }
        queue = Pending(index: queue.index)
    }

    private func written(
        _ receipt: Receipt, _ request: WriteRequest, _ action: BulkAction, _ index: Index
    ) -> Item {
        guard action.kind == .update, let source = action.source, let body = try? JSONBody(Array(source))
        else {
            return .written(receipt, index, nil)
        }
        let asked = (try? UpdateRequest(body))?.source ?? action.filter
        return .written(
            receipt, index, asked.map { UpdatedSource(source: Array(request.source ?? []), filter: $0) })
    }

    /// An update once more, over what somebody else has made of the document meanwhile.
    private func retry(_ action: BulkAction, _ target: DocumentTarget, _ first: RESTError) async -> Item {
        var failure = first
        for _ in 0..<action.retries {
            do throws(RESTError) {
                var item: Item?
                guard let request = try await update(action, target, &item) else {
                    return item ?? .failed(failure, index: target.index.name, id: action.id)
                }
                return written(
                    try await Writer.write(request, to: target.index), request, action, target.index)
            } catch {
                failure = error
                if error.status != 409 { break }
            }
        }
        return .failed(failure, index: target.index.name, id: action.id)
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
        case .written(let receipt, let index, let updated):
            receipt.write(index, policy, to: &json)
            if let updated {
                UpdateHandlers.writeGet(receipt.sequenceNumber, updated.source, updated.filter, to: &json)
            }
            json.add("status", receipt.status)
        case .nothing(let document, let index, let filter):
            UpdateHandlers.writeNoop(document, index, to: &json)
            UpdateHandlers.writeGet(document.sequenceNumber, document.source, filter, to: &json)
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
