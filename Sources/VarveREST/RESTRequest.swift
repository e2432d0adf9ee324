/// One request as HTTP brought it, its body already collected. Bulk bodies may come in pieces instead: `BulkUpload`.
public struct RESTRequest: Sendable {
    /// In upper case.
    public var method: String
    /// As on the wire, percent-encoded, without the query.
    public var path: String
    /// What follows the question mark, percent-encoded; empty if there is none.
    public var rawQuery: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// Set by `RESTService.identify`; nil where nobody is asked.
    var principal: Principal?

    public init(
        _ method: String, _ path: String, query rawQuery: String = "",
        headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.rawQuery = rawQuery
        self.headers = headers
        self.body = body
    }

    /// The first header of this name, whatever its case.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }

    /// Path and query as they were sent.
    var uri: String { rawQuery.isEmpty ? path : path + "?" + rawQuery }
}

/// What is to be sent back.
public struct RESTResponse: Sendable {
    public var status: Int
    /// Empty if there is no body.
    public var contentType: String
    /// Besides content type and length.
    public var headers: [(name: String, value: String)]
    /// The body in pieces, to be written one after the other.
    public var chunks: [[UInt8]]
    /// What a HEAD says of the body that its GET would have.
    var omittedByteCount = 0

    public init(
        status: Int, contentType: String, headers: [(name: String, value: String)] = [],
        chunks: [[UInt8]] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.chunks = chunks
    }

    public var byteCount: Int { chunks.reduce(0) { $0 + $1.count } }
    /// What the header of this name says: for a HEAD the length of the body that its GET has.
    public var contentLength: Int { byteCount + omittedByteCount }
    /// The body in one piece.
    public var body: [UInt8] {
        if chunks.count == 1 { return chunks[0] }
        var body: [UInt8] = []
        body.reserveCapacity(byteCount)
        for chunk in chunks { body += chunk }
        return body
    }
    public var text: String { String(decoding: body, as: UTF8.self) }
}

extension RESTResponse {
    static let jsonType = "application/json; charset=UTF-8"
    static let textType = "text/plain; charset=UTF-8"

    static func json(_ status: Int = 200, _ writer: consuming JSONWriter) -> RESTResponse {
        RESTResponse(status: status, contentType: jsonType, chunks: [writer.finish()])
    }

    static func text(_ text: String) -> RESTResponse {
        RESTResponse(status: 200, contentType: textType, chunks: [Array(text.utf8)])
    }

    static func head(_ status: Int) -> RESTResponse { RESTResponse(status: status, contentType: jsonType) }

    static let acknowledged: RESTResponse = {
        var json = JSONWriter()
        json.beginObject()
        json.add("acknowledged", true)
        json.endObject()
        return .json(200, json)
    }()
}
