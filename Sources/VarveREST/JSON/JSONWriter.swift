import VarveBytes
import VarveDocument
import VarveQuery

/// Writes one JSON text in the order of the calls, with the commas between. What is not balanced is not JSON: the
/// writer does not check it.
struct JSONWriter: ~Copyable {
    private var buffer: ByteBuffer
    private var needsComma = false

    init(capacity: Int = 256) { buffer = ByteBuffer(capacity: capacity) }

    var count: Int { buffer.count }

    consuming func finish() -> [UInt8] { buffer.bytes.copyBytes() }

    /// What was written since the last call.
    mutating func take() -> [UInt8] {
        let bytes = buffer.bytes.copyBytes()
        buffer.removeAll()
        return bytes
    }

    // MARK: Structure

    mutating func beginObject() { begin(0x7B) }
    mutating func endObject() { end(0x7D) }
    mutating func beginArray() { begin(0x5B) }
    mutating func endArray() { end(0x5D) }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        buffer.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        buffer.append(bracket)
        needsComma = true
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { buffer.append(UInt8(0x2C)) }
        needsComma = true
    }

    mutating func key(_ key: String) {
        separate()
        JSONText.appendQuoted(key, to: &buffer)
        buffer.append(UInt8(0x3A))
        needsComma = false
    }

    // MARK: Values

    mutating func value(_ text: String) {
        separate()
        JSONText.appendQuoted(text, to: &buffer)
    }

    mutating func value(_ number: Int64) {
        separate()
        buffer.appendDecimal(number)
    }

    mutating func value(_ number: Int) { value(Int64(number)) }

    mutating func value(_ flag: Bool) {
        separate()
        buffer.append(utf8: flag ? "true" : "false")
    }

    /// As Java writes it. A number that JSON lacks comes as a string, as OpenSearch has it.
    mutating func value(_ number: Double) {
        if number.isFinite { return raw(utf8: JavaNumber.text(number)) }
        value(number.isNaN ? "NaN" : number > 0 ? "Infinity" : "-Infinity")
    }

    mutating func null() { raw(utf8: "null") }

    private mutating func raw(utf8 text: String) {
        separate()
        buffer.append(utf8: text)
    }

    /// JSON text as it is.
    mutating func raw(_ json: RawSpan) {
        separate()
        buffer.append(json)
    }

    mutating func raw(_ json: [UInt8]) { raw(json.rawSpan) }

    mutating func value(_ json: JSONValue) {
        switch json {
        case .null: null()
        case .boolean(let flag): value(flag)
        case .integer(let number): value(number)
        case .real(let number): value(number)
        case .string(let text): value(text)
        case .array(let elements):
            beginArray()
            for element in elements { value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                key(member.key)
                value(member.value)
            }
            endObject()
        }
    }

    // MARK: Members

    mutating func add(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    mutating func add(_ name: String, _ number: Int) {
        key(name)
        value(number)
    }

    mutating func add(_ name: String, _ number: Int64) {
        key(name)
        value(number)
    }

    mutating func add(_ name: String, _ flag: Bool) {
        key(name)
        value(flag)
    }

    mutating func add(_ name: String, _ number: Double) {
        key(name)
        value(number)
    }

    mutating func addNull(_ name: String) {
        key(name)
        null()
    }

    mutating func addEmptyObject(_ name: String) {
        key(name)
        beginObject()
        endObject()
    }

    /// `_shards`, with `skipped` where the call has it.
    mutating func addShards(total: Int, successful: Int, skipped: Int? = nil, failed: Int = 0) {
        key("_shards")
        beginObject()
        add("total", total)
        add("successful", successful)
        if let skipped { add("skipped", skipped) }
        add("failed", failed)
        endObject()
    }
}
