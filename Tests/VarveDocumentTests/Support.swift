import VarveBytes

@testable import VarveDocument

/// Reproducible chance: SplitMix64.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z &>> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

/// The tree of a text, or the error it is refused with.
func parse(_ text: [UInt8], limits: JSONLimits = JSONLimits()) -> Result<JSONValue, DocumentError> {
    do throws(DocumentError) {
        return .success(try JSONValue(parsing: text.rawSpan, limits: limits))
    } catch {
        return .failure(error)
    }
}

func parse(_ text: String) -> Result<JSONValue, DocumentError> { parse(bytes(text)) }

extension Result where Failure == DocumentError {
    var error: DocumentError? {
        if case .failure(let error) = self { return error }
        return nil
    }
}

/// Runs `body` and returns the error that it throws.
func refusal<E: Error>(_ body: () throws(E) -> Void) -> E? {
    do throws(E) {
        try body()
        return nil
    } catch {
        return error
    }
}

/// One value of a document, decoded for comparison.
struct Extracted: Hashable, CustomStringConvertible {
    let path: String
    let value: String

    init(_ path: String, _ value: String) {
        self.path = path
        self.value = value
    }

    var description: String { "\(path)=\(value)" }
}

/// The values of a batch, readable: numbers as text, dates as text.
func extracted(_ batch: PreparedBatch, _ schema: Schema) -> [Extracted] {
    let fields = schema.snapshot.fields
    let strings = batch.strings.bytes.copyBytes()
    return batch.values.map { value in
        let field = fields[Int(value.field)]
        let text: String
        switch field.type {
        case .keyword, .text:
            let start = Int(value.payload)
            text = String(decoding: strings[start..<(start + value.byteCount)], as: UTF8.self)
        case .long: text = String(value.payload)
        case .double, .float: text = String(Double(sortableBits: value.payload))
        case .boolean: text = value.payload == 1 ? "true" : "false"
        case .date: text = DateText.text(value.payload)
        }
        return Extracted(field.path, text)
    }
}

/// The values of one document under a mapping, or its error.
func index(_ source: String, _ mapping: Mapping = Mapping()) throws -> (values: [Extracted], schema: Schema) {
    let schema = try Schema(mapping)
    var builder = BatchBuilder(schema: schema)
    let id = bytes("1")
    let text = bytes(source)
    try builder.index(id: id.rawSpan, source: text.rawSpan)
    let batch = builder.finish(at: 0).seal()
    return (extracted(batch, schema), schema)
}

/// The error that a document is refused with.
func indexError(_ source: String, _ mapping: Mapping = Mapping()) -> DocumentError? {
    do {
        _ = try index(source, mapping)
        return nil
    } catch {
        return error as? DocumentError
    }
}

func mapping(_ json: String) throws -> Mapping {
    let text = bytes(json)
    return try Mapping(json: text.rawSpan)
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.utf8.count == 1 ? "0" + digits : digits
    }.joined()
}
