package import VarveBytes

/// What the engine keeps with a point in time beside its pins, in the attributes of its record.
///
/// ```
/// version u8 = 1
/// labels: count varint, (key string, value string)*
/// filters: count varint, (index uuid, query as JSON bytes)*
/// lost: count varint, (place of the pin varint, reason u8)*
/// ```
/// No byte at all stands for nothing of all this. The page is `docs/formats/pit-registry.md`.
package struct PointInTimeAttributes: Equatable, Sendable {
    package static let labelsMax = 64
    package static let labelBytesMax = 256

    package struct Label: Equatable, Sendable {
        package var key: String
        package var value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// What an alias lets through of an index, frozen when the point in time was opened.
    package struct Filter: Equatable, Sendable {
        package var index: UUID128
        package var query: [UInt8]

        package init(index: UUID128, query: [UInt8]) {
            self.index = index
            self.query = query
        }
    }

    /// A pin that holds nothing.
    package struct Loss: Equatable, Sendable {
        /// Its place in the list of pins.
        package var pin: Int
        package var reason: LossReason
    }

    package enum LossReason: UInt8, Sendable {
        /// It was over the limit of contexts when the point in time was opened.
        case rejected = 1
        /// Its index was closed.
        case closed = 2
    }

    package var labels: [Label] = []
    package var filters: [Filter] = []
    package var lost: [Loss] = []

    package init() {}

    package func isLost(_ pin: Int) -> Bool { lost.contains { $0.pin == pin } }

    package var encoded: [UInt8] {
        if self == PointInTimeAttributes() { return [] }
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(UInt8(1))
        buffer.appendVarint(UInt64(labels.count))
        for label in labels {
            buffer.appendSized(label.key)
            buffer.appendSized(label.value)
        }
        buffer.appendVarint(UInt64(filters.count))
        for filter in filters {
            buffer.append(filter.index)
            buffer.appendSized(filter.query.rawSpan)
        }
        buffer.appendVarint(UInt64(lost.count))
        for loss in lost {
            buffer.appendVarint(UInt64(loss.pin))
            buffer.append(loss.reason.rawValue)
        }
        return buffer.bytes.copyBytes()
    }

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        if bytes.isEmpty { return }
        var reader = ByteReader(bytes.rawSpan)
        let version: UInt8 = try reader.read()
        guard version == 1 else {
            throw FormatError("attributes of version \(version)", offset: 0, isNewerFormat: version > 1)
        }
        for _ in 0..<(try reader.readCount(limit: Self.labelsMax, of: "a count of labels")) {
            let key = try reader.readString(limit: Self.labelBytesMax, of: "a label's key")
            labels.append(
                Label(key, try reader.readString(limit: Self.labelBytesMax, of: "a label's value")))
        }
        for _ in 0..<(try reader.readCount(limit: bytes.count, of: "a count of filters")) {
            let index = try reader.readUUID()
            let query = try reader.readSized(limit: bytes.count, of: "a filter").copyBytes()
            filters.append(Filter(index: index, query: query))
        }
        for _ in 0..<(try reader.readCount(limit: bytes.count, of: "a count of lost pins")) {
            let pin = try reader.readCount(limit: 65_536, of: "the place of a pin")
            let code: UInt8 = try reader.read()
            guard let reason = LossReason(rawValue: code) else {
                throw FormatError("unknown reason \(code) for a lost pin", offset: reader.offset)
            }
            lost.append(Loss(pin: pin, reason: reason))
        }
        try reader.expectEnd(of: "the attributes of a point in time")
    }
}

/// What becomes of a point in time when an index that it reads is deleted. Raw values are the record's flags.
package enum DeletionPolicy: UInt32, Sendable {
    /// Searches fail and name the index.
    case fail = 0
    /// The data of the index lives as long as the point in time.
    case keep = 1
    /// The other indices are searched.
    case drop = 2
}
