import Foundation
import Testing

/// The edges between modules, and where raw memory and the system may be touched: read from the sources themselves.
@Suite struct `The architecture` {
    /// What each module may import of ours. All other edges are errors.
    private static let edges: [String: Set<String>] = [
        "VarveBytes": ["CZlib", "CDeflate"],
        "VarveFiles": ["VarveBytes"],
        "VarveDocument": ["VarveBytes"],
        "VarveLog": ["VarveFiles", "VarveBytes"],
        "VarveSegment": ["VarveFiles", "VarveDocument", "VarveBytes"],
        "VarveManifest": ["VarveLog", "VarveFiles", "VarveBytes"],
        "VarveEngine": [
            "VarveLog", "VarveSegment", "VarveManifest", "VarveDocument", "VarveFiles", "VarveBytes",
        ],
        "VarveQuery": ["VarveSegment", "VarveDocument", "VarveFiles", "VarveBytes"],
        "VarveIngest": ["VarveDocument", "VarveFiles", "VarveBytes"],
        "VarveKinesis": ["VarveIngest", "VarveDocument", "VarveFiles", "VarveBytes", "Crypto"],
        "VarveKafka": ["VarveIngest", "VarveFiles", "VarveBytes", "CRdKafka"],
        "Varve": [
            "VarveEngine", "VarveManifest", "VarveQuery", "VarveIngest", "VarveDocument", "VarveFiles",
            "VarveBytes",
        ],
        "VarveREST": [
            "Varve", "VarveEngine", "VarveManifest", "VarveQuery", "VarveIngest", "VarveDocument",
            "VarveBytes",
        ],
        "VarvePasswords": ["CCrypt"],
        "VarveServer": [
            "Varve", "VarveREST", "VarveKafka", "VarveKinesis", "VarveDocument", "VarveFiles", "VarveBytes",
            "VarvePasswords",
        ],
        "VarveSimulation": ["VarveFiles", "VarveBytes"],
        "Examples": ["Varve"],
    ]
    private static let system: Set<String> = ["Glibc", "Musl", "Darwin"]

    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func `modules import only along the edges`() throws {
        for file in try sources() {
            let allowed = try #require(Self.edges[file.module], "an unknown module \(file.module)")
            for name in file.imports where name.hasPrefix("Varve") || name.hasPrefix("C") {
                #expect(allowed.contains(name), "\(file.module)/\(file.name) imports \(name)")
            }
        }
    }

    @Test func `only bytes and files reach the C library`() throws {
        for file in try sources() where file.module != "VarveBytes" && file.module != "VarveFiles" {
            let reached = file.imports.intersection(Self.system)
            #expect(reached.isEmpty, "\(file.module)/\(file.name) imports \(reached)")
        }
    }

    @Test func `only the face and the examples use Foundation`() throws {
        for file in try sources() where file.imports.contains(where: { $0.hasPrefix("Foundation") }) {
            #expect(["Varve", "Examples"].contains(file.module), "\(file.module)/\(file.name)")
        }
    }

    @Test func `raw memory is touched in bytes, files, passwords and the client of Kafka alone`() throws {
        for file in try sources() where !["VarveBytes", "VarveFiles", "VarvePasswords"].contains(file.module)
        {
            if file.module == "VarveKafka" && file.name.hasPrefix("Client/") { continue }
            for line in file.code {
                let words = line.split { $0 == " " || $0 == "(" || $0 == "{" || $0 == "[" }
                #expect(!words.contains("unsafe"), "\(file.module)/\(file.name): \(line)")
            }
        }
    }

    @Test func `nothing is left for later`() throws {
        for file in try sources() {
            for word in ["FIXME", "TODO", "XXX", "try!", "as!"] {
                #expect(!file.code.contains { $0.contains(word) }, "\(file.module)/\(file.name) says \(word)")
            }
        }
    }

    @Test func `links of the documents lead somewhere`() throws {
        let link = #/\]\(([^)#: ]+)(?:#[^) ]*)?\)/#
        for document in ["README.md"] + (try documents(in: "docs")) {
            let url = root.appending(path: document)
            let text = try String(contentsOf: url, encoding: .utf8)
            for match in text.matches(of: link) {
                let target = url.deletingLastPathComponent().appending(path: String(match.output.1))
                #expect(
                    FileManager.default.fileExists(atPath: target.path),
                    "\(document) links to \(match.output.1)")
            }
        }
    }

    @Test func `decisions say what became of them and are in the list`() throws {
        let list = try String(contentsOf: root.appending(path: "docs/decisions/README.md"), encoding: .utf8)
        for document in try documents(in: "docs/decisions") where !document.hasSuffix("README.md") {
            let text = try String(contentsOf: root.appending(path: document), encoding: .utf8)
            #expect(text.contains(#/\nStatus: [a-z]+[^.\n]*\n/#), "\(document) has no status")
            let name = document.split(separator: "/").last ?? ""
            #expect(list.contains("](\(name))"), "\(name) is not in the list")
        }
    }

    private func documents(in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { $0.hasSuffix(".md") }.map { "\(folder)/\($0)" }.sorted()
    }

    // MARK: Reading sources

    private struct Source {
        let module: String
        let name: String
        let imports: Set<String>
        /// Lines that are no comment.
        let code: [Substring]
    }

    private func sources() throws -> [Source] {
        let folder = root.appending(path: "Sources")
        var found: [Source] = []
        for module in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            let place = folder.appending(path: module)
            guard let files = FileManager.default.enumerator(atPath: place.path) else { continue }
            for case let name as String in files where name.hasSuffix(".swift") {
                let text = try String(contentsOf: place.appending(path: name), encoding: .utf8)
                let code = text.split(separator: "\n").filter { line in
                    !line.drop { $0 == " " }.hasPrefix("//")
                }
                let imports = code.prefix(60).compactMap { line -> String? in
                    let words = line.split(separator: " ")
                    guard let at = words.firstIndex(of: "import"), at <= 2, at + 1 < words.count else {
                        return nil
                    }
                    return words.last.map { String($0.prefix { $0 != "." }) }
                }
                found.append(Source(module: module, name: name, imports: Set(imports), code: code))
            }
        }
        try #require(found.count > 50, "the sources were not found")
        return found
    }
}
