import VarveBytes
import VarveManifest

/// The engine's view of what a record keeps for it.
extension PITRecord {
    var policy: DeletionPolicy { DeletionPolicy(rawValue: flags) ?? .fail }

    /// Attributes that cannot be read were written by a newer version: nothing of them is known.
    var decodedAttributes: PointInTimeAttributes {
        (try? PointInTimeAttributes(decoding: attributes)) ?? PointInTimeAttributes()
    }

    func with(_ attributes: PointInTimeAttributes, pins: [PITPin]? = nil) throws(EngineError) -> PITRecord {
        PITRecord(
            id: id, createdAt: createdAt, keepAlive: keepAlive, lastAccess: lastAccess, label: label,
            owner: owner, flags: flags, pins: pins ?? self.pins, attributes: try attributes.checked())
    }

    /// The same without what it holds of these indices, and the pins that it gives up.
    func losingPins(ofIndices indices: Set<UUID128>) -> (record: PITRecord, lost: [PITPin]) {
        var attributes = decodedAttributes
        var pins = self.pins
        var lost: [PITPin] = []
        for at in pins.indices where indices.contains(pins[at].target.index) && !attributes.isLost(at) {
            lost.append(pins[at])
            attributes.lost.append(.init(pin: at, reason: .closed))
            pins[at] = PITPin(target: pins[at].target, sequenceNumber: nil)
        }
        let changed = try? with(attributes, pins: pins)
        return (changed ?? self, changed == nil ? [] : lost)
    }
}

extension PointInTimeAttributes {
    /// The bytes, if they are not too many.
    func checked() throws(EngineError) -> [UInt8] {
        guard labels.count <= Self.labelsMax,
            labels.allSatisfy({ max($0.key.utf8.count, $0.value.utf8.count) <= Self.labelBytesMax })
        else {
            throw .invalid(
                "a point in time has at most \(Self.labelsMax) labels of at most \(Self.labelBytesMax) bytes")
        }
        let bytes = encoded
        guard bytes.count <= PITRecord.attributesBytesMax else {
            throw .invalid(
                "labels and alias filters of a point in time take \(bytes.count) bytes, "
                    + "at most \(PITRecord.attributesBytesMax)")
        }
        return bytes
    }
}
