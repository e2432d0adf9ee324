import VarveBytes

struct SourceProjection {
    init(_ filter: SourceFilter) {}
    mutating func append(_ source: RawSpan, to page: inout ByteBuffer) { page.append(source) }
}
