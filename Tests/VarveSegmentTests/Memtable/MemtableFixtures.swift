import VarveBytes
import VarveDocument

@testable import VarveSegment

/// SplitMix64: small, good enough, the same everywhere.
struct TestRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word &>> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word &>> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}

/// A field value as a test states it.
enum TestValue: Hashable {
    case number(Int64)
    case string([UInt8])

    static func text(_ string: String) -> TestValue { .string(Array(string.utf8)) }
}

/// An operation as a test states it.
struct TestOperation {
    var kind = OperationKind.index
    var id: [UInt8]
    var idIsNew = false
    var source: [UInt8] = []
    /// Values with the number of their field, in the document's order.
    var values: [(field: Int, value: TestValue)] = []

    init(_ kind: OperationKind = .index, id: [UInt8]) {
        self.kind = kind
        self.id = id
    }

    init(_ id: String, _ source: String = "", kind: OperationKind = .index) {
        self.init(kind, id: Array(id.utf8))
        self.source = Array(source.utf8)
    }
}

/// Packs operations as a batch builder would. The payload is not the log's format, which no memtable reads.
func prepare(_ operations: [TestOperation]) -> PreparedBatch {
    var payload = ByteBuffer()
    var strings = ByteBuffer()
    var values: [FieldValue] = []
    var prepared: [PreparedOperation] = []
    for operation in operations {
        var packed = PreparedOperation(kind: operation.kind)
        payload.append(UInt8(0xEE))
        packed.idIsNew = operation.idIsNew
        packed.idOffset = UInt32(payload.count)
        packed.idCount = UInt16(operation.id.count)
        payload.append(operation.id)
        packed.sourceOffset = UInt32(payload.count)
        packed.sourceCount = UInt32(operation.source.count)
        payload.append(operation.source)
        packed.firstValue = UInt32(values.count)
        packed.valueCount = UInt32(operation.values.count)
        for (field, value) in operation.values {
            switch value {
            case .number(let number):
                values.append(FieldValue(field: UInt32(field), payload: number))
            case .string(let bytes):
                values.append(
                    FieldValue(
                        field: UInt32(field), count: UInt32(bytes.count), payload: Int64(strings.count)))
                strings.append(bytes)
            }
        }
        prepared.append(packed)
    }
    return PreparedBatch(
        payload: SharedBytes(payload), operations: prepared, values: values, strings: SharedBytes(strings))
}

/// One field of each type.
let testSchema: [FieldDefinition] = [
    FieldDefinition("station", .keyword), FieldDefinition("note", .text), FieldDefinition("count", .long),
    FieldDefinition("celsius", .double), FieldDefinition("share", .float), FieldDefinition("open", .boolean),
    FieldDefinition("taken", .date), FieldDefinition("note.keyword", .keyword),
]

extension ByteBuffer {
    var copied: [UInt8] { bytes.copyBytes() }
}
