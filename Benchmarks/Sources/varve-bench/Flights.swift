import Foundation
import Varve

/// What is known of the documents that are measured with.
enum Flights {
    static let index = "flights"

    static let mapping: Mapping = [
        "year": .long, "month": .long, "day": .long, "dep_time": .long, "sched_dep_time": .long,
        "dep_delay": .long, "arr_time": .long, "sched_arr_time": .long, "arr_delay": .long,
        "carrier": .keyword, "flight": .long, "tailnum": .keyword, "origin": .keyword, "dest": .keyword,
        "air_time": .long, "distance": .long, "hour": .long, "minute": .long, "time_hour": .date,
    ]

    /// The deflate that this program and the store in it were built with.
    static var deflate: String {
        #if FastDeflate
        "libdeflate, and zlib where there is a preset dictionary (trait FastDeflate)"
        #else
        "zlib alone"
        #endif
    }
}

/// The documents of the input, in memory: for measurements in which reading the file must not count.
struct Documents {
    private let bytes: [UInt8]
    /// Where each line's id and source lie.
    private var places: [(id: Range<Int>, source: Range<Int>)] = []
    private var lines: [Range<Int>] = []

    /// - Parameter most: How many lines are taken.
    init(_ path: String, most: Int = .max) throws {
        bytes = Array(try Data(contentsOf: URL(filePath: path), options: .alwaysMapped))
        let head = Array(#"{"_id":""#.utf8)
        let middle = Array(#"","_source":"#.utf8)
        var start = 0
        while start < bytes.count && places.count < most {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let line = bytes[start..<end]
            start = end + 1
            guard line.starts(with: head),
                let quote = line.dropFirst(head.count).firstIndex(of: UInt8(ascii: "\"")),
                line[quote...].starts(with: middle)
            else {
                throw VarveError(.invalid, "\(path): a line that does not begin with an _id and a _source")
            }
            lines.append(line.startIndex..<end)
            places.append((line.startIndex + head.count..<quote, quote + middle.count..<end - 1))
        }
    }

    var count: Int { places.count }

    /// The whole line.
    func line(_ at: Int) -> [UInt8] { Array(bytes[lines[at]]) }
    func id(_ at: Int) -> String { String(decoding: bytes[places[at].id], as: UTF8.self) }
    func source(_ at: Int) -> [UInt8] { Array(bytes[places[at].source]) }

    /// Every 17th id, in an order that jumps about: the same that the peers are asked for.
    var spreadIDs: [String] {
        let ids = stride(from: 0, to: count, by: 17).map { id($0) }
        return ids.indices.map { ids[$0 * 7_919 % ids.count] }
    }

    func write(_ range: Range<Int>, to index: Index) async throws {
        let results = try await index.write { batch in
            for at in range { try batch.put(json: source(at), id: id(at)) }
        }
        for result in results { _ = try result.get() }
    }
}

enum Directory {
    /// Bytes of the files below a path.
    static func bytes(below path: String) throws -> Int {
        let manager = FileManager.default
        return try manager.subpathsOfDirectory(atPath: path).reduce(0) { sum, name in
            // What the store's background work has just removed counts nothing.
            guard let attributes = try? manager.attributesOfItem(atPath: path + "/" + name),
                attributes[.type] as? FileAttributeType == .typeRegular
            else { return sum }
            return sum + (attributes[.size] as? Int ?? 0)
        }
    }

    /// Bytes that were written to log files below a path: the zeros that a file is made with do not count.
    static func logBytes(below path: String) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: path).reduce(0) { sum, name in
            guard (name as NSString).lastPathComponent.hasPrefix("wal-") else { return sum }
            let bytes = try Data(contentsOf: URL(filePath: path + "/" + name), options: .alwaysMapped)
            return sum + (bytes.lastIndex { $0 != 0 } ?? -1) + 1
        }
    }

    static func makeEmpty(_ path: String) throws {
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}
