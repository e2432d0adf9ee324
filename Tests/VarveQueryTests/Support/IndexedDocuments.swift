import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveSegment
import VarveSimulation

@testable import VarveQuery

/// Scripted documents taken in as the store does it: parsed from JSON, kept in a memtable, written to a segment.
enum IndexedDocuments {
    static func memtable(
        _ documents: [ScriptedDocument], _ definitions: [FieldDefinition]
    ) throws -> FrozenMemtable {
        let schema = Schema()
        _ = try schema.add(definitions, since: schema.generation)
        var memtable = Memtable()
        memtable.learn(schema.snapshot.fields)
        for start in stride(from: 0, to: documents.count, by: 500) {
            let part = documents[start..<min(start + 500, documents.count)]
            var builder = BatchBuilder(schema: schema)
            for document in part {
                try builder.index(
                    id: Array(document.id.utf8).rawSpan, source: Array(json(document).utf8).rawSpan)
            }
            let batch = builder.finish(at: 0).seal()
            for (at, document) in part.enumerated() {
                memtable.append(
                    batch, operation: at, birth: SequenceNumber(rawValue: document.birth),
                    version: document.version, olderIsSettled: true)
            }
        }
        return memtable.freeze()
    }

    static func segment(_ view: any SegmentView) throws -> SegmentReader {
        let disk = SimulatedDisk()
        let path = StorePath.root.appending("seg")
        let owner = UUID128(high: 1, low: 2)
        let built = try #require(
            try SegmentBuilder.build(
                inputs: [MergeInput(view: view)], id: 1, owner: owner, in: disk, path: path))
        return try SegmentReader.open(
            files: disk, path: path, owner: owner, id: 1, byteCount: built.byteCount,
            rootChecksum: built.rootChecksum, cache: BlockCache(byteBudget: 1 << 20))
    }

    /// The document's values as JSON; its words need no escapes.
    static func json(_ document: ScriptedDocument) -> String {
        var members: [String] = []
        for (path, values) in document.values.sorted(by: { $0.key < $1.key }) {
            let texts = values.map { value in
                switch value {
                case .integer(let number): path == "b" ? (number == 1 ? "true" : "false") : String(number)
                case .double(let number): String(number)
                case .string(let text): "\"\(text)\""
                }
            }
            members.append(
                "\"\(path)\":" + (texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ",") + "]"))
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}
