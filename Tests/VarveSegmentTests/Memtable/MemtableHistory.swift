import VarveBytes
import VarveDocument

@testable import VarveSegment

/// A random history: operations in batches, the plain rows that they make, and what the memtable must say.
struct MemtableHistory {
    /// How documents look.
    struct Shape {
        var ids = 40
        /// Per cent of fields that a document lacks.
        var missing = 30
        /// Per cent of fields with several values.
        var several = 20
        var deletes = 10
        var terms = 25
        var longTerms = false
    }

    private(set) var naive: NaiveView
    /// The newest row of each id.
    private(set) var newest: [[UInt8]: Int] = [:]
    private(set) var deaths: [RowDeath] = []
    private(set) var firstRows: [UInt32] = []
    private(set) var nextBirth: UInt64 = 3
    private var random: TestRandom
    private let shape: Shape

    init(seed: UInt64, shape: Shape = Shape(), schema: [FieldDefinition] = testSchema) {
        random = TestRandom(seed: seed)
        naive = NaiveView(schema: schema)
        self.shape = shape
    }

    /// Adds operations to both. Versions count up from 1 for each id.
    mutating func grow(_ memtable: inout Memtable, by count: Int) {
        var left = count
        while left > 0 {
            let operations = (0..<min(left, 1 + random.below(9))).map { _ in operation() }
            let batch = prepare(operations)
            for (at, operation) in operations.enumerated() {
                let row = naive.rows.count
                if let previous = newest[operation.id] {
                    deaths.append(RowDeath(row: UInt32(previous), death: SequenceNumber(nextBirth)))
                } else {
                    firstRows.append(UInt32(row))
                }
                let version = newest[operation.id].map { naive.rows[$0].version + 1 } ?? 1
                newest[operation.id] = row
                naive.rows.append(NaiveView.Row(operation, birth: nextBirth, version: version))
                memtable.append(batch, operation: at, birth: SequenceNumber(nextBirth), version: version)
                nextBirth += UInt64(random.chance(10) ? 1 + random.below(5) : 1)
            }
            left -= operations.count
        }
    }

    /// Forgets the rows, as after a freeze; births go on.
    mutating func startAnew() {
        naive.rows = []
        newest = [:]
        deaths = []
        firstRows = []
    }

    private mutating func operation() -> TestOperation {
        let isDelete = random.chance(shape.deletes)
        var operation = TestOperation(isDelete ? .delete : .index, id: id(random.below(shape.ids)))
        if isDelete { return operation }
        operation.source = (0..<random.below(40)).map { _ in UInt8(32 + random.below(90)) }
        for field in naive.schema.indices where !random.chance(shape.missing) {
            let isText = naive.schema[field].type == .text
            let count = isText ? 1 + random.below(8) : random.chance(shape.several) ? 2 + random.below(3) : 1
            for _ in 0..<count { operation.values.append((field, value(naive.schema[field].type))) }
        }
        return operation
    }

    /// Ids of all lengths, some with zeros at the end, many with a long common start.
    private func id(_ number: Int) -> [UInt8] {
        switch number % 4 {
        case 0: Array("sensor-\(number)".utf8)
        case 1: Array("a-rather-long-common-prefix-\(number)".utf8)
        case 2: [UInt8](repeating: 0x61, count: number % 20 + 1)
        default: [UInt8](repeating: 0, count: number % 20 + 1)
        }
    }

    private mutating func value(_ type: FieldType) -> TestValue {
        switch type {
        case .keyword, .text:
            let number = random.below(shape.terms)
            if shape.longTerms && number % 3 == 0 {
                return .string([UInt8](repeating: 0x78, count: number % 40 + 1))
            }
            return .text("t\(number)")
        case .boolean: return .number(Int64(random.below(2)))
        case .double, .float: return .number((Double(random.below(200)) / 4 - 20).sortableBits)
        case .long, .date: return .number(Int64(bitPattern: random.next()) >> Int64(random.below(60)))
        }
    }
}
