import VarveBytes

/// Copies of sources without the fields that a request leaves out.
///
/// What stays keeps its bytes and its order. An object that a pattern reaches into stays only if something in it
/// does; in an array every object stays, empty or not, and values stay if the array's own path is wanted. What a
/// path is worth is decided once and kept: documents of a page share their shape.
struct SourceProjection {
    private struct Node {
        var path: [UInt8]
        var isIncluded: Bool
        var mayIncludeBelow: Bool
        var isExcluded: Bool
        var mayExcludeBelow: Bool
        /// By key as it is written: the node of each member met, up to a limit.
        var children: [(key: [UInt8], node: Int)] = []
    }

    private enum Treatment {
        case drop
        case keep
        case descend
    }

    private static let childrenMax = 256
    private static let nodesMax = 4096
    private static let depthMax = 128

    private let includes: [PathPattern]
    private let excludes: [PathPattern]
    private var nodes: [Node]

    init(_ filter: SourceFilter) {
        includes = filter.includes.map { PathPattern($0) }
        excludes = filter.excludes.map { PathPattern($0) }
        nodes = [
            Node(
                path: [], isIncluded: includes.isEmpty, mayIncludeBelow: true, isExcluded: false,
                mayExcludeBelow: !excludes.isEmpty)
        ]
    }

    /// Appends what is wanted of a source. A source that is no object is copied whole.
    mutating func append(_ source: RawSpan, to page: inout ByteBuffer) {
        let start = page.count
        var scanner = SourceScanner(source)
        if includes.isEmpty && excludes.isEmpty {
            page.append(source)
        } else if !(scanner.isObject && appendObject(&scanner, node: 0, depth: 0, to: &page)) {
            page.truncate(to: start)
            page.append(source)
        }
    }

    // MARK: Copying

    /// Copies from the opening brace on and leaves the scanner after the closing one; false if it is malformed.
    private mutating func appendObject(
        _ scanner: inout SourceScanner, node: Int, depth: Int, to page: inout ByteBuffer
    ) -> Bool {
        guard depth < Self.depthMax, scanner.take(UInt8(ascii: "{")) else { return false }
        page.append(UInt8(ascii: "{"))
        if scanner.take(UInt8(ascii: "}")) {
            page.append(UInt8(ascii: "}"))
            return true
        }
        let first = page.count
        var expected = 0
        repeat {
            guard let key = scanner.skipString(), scanner.take(UInt8(ascii: ":")) else { return false }
            let child = self.node(of: scanner.bytes.slice(key.lowerBound, key.count), in: node, &expected)
            let mark = page.count
            if mark > first { page.append(UInt8(ascii: ",")) }
            page.append(scanner.bytes.slice(key.lowerBound - 1, key.count + 2))
            page.append(UInt8(ascii: ":"))
            guard let isKept = appendValue(&scanner, node: child, depth: depth, to: &page) else {
                return false
            }
            if !isKept { page.truncate(to: mark) }
            forget(child)
        } while scanner.take(UInt8(ascii: ","))
        page.append(UInt8(ascii: "}"))
        return scanner.take(UInt8(ascii: "}"))
    }

    /// Copies what is wanted of a value; false if nothing of it is, nil if it is malformed.
    private mutating func appendValue(
        _ scanner: inout SourceScanner, node: Int, depth: Int, to page: inout ByteBuffer
    ) -> Bool? {
        let isContainer = scanner.isObject || scanner.isArray
        switch treatment(of: node, isContainer: isContainer) {
        case .drop: return scanner.skipValue() == nil ? nil : false
        case .keep:
            guard let value = scanner.skipValue() else { return nil }
            page.append(scanner.bytes.slice(value.lowerBound, value.count))
            return true
        case .descend:
            let start = page.count
            let isSound =
                scanner.isObject
                ? appendObject(&scanner, node: node, depth: depth + 1, to: &page)
                : appendArray(&scanner, node: node, depth: depth + 1, to: &page)
            if !isSound { return nil }
            return nodes[node].isIncluded || page.count - start > 2
        }
    }

    private mutating func appendArray(
        _ scanner: inout SourceScanner, node: Int, depth: Int, to page: inout ByteBuffer
    ) -> Bool {
        guard depth < Self.depthMax, scanner.take(UInt8(ascii: "[")) else { return false }
        page.append(UInt8(ascii: "["))
        if scanner.take(UInt8(ascii: "]")) {
            page.append(UInt8(ascii: "]"))
            return true
        }
        let first = page.count
        repeat {
            let mark = page.count
            if mark > first { page.append(UInt8(ascii: ",")) }
            if scanner.isObject {
                guard appendObject(&scanner, node: node, depth: depth + 1, to: &page) else { return false }
            } else if scanner.isArray {
                guard appendArray(&scanner, node: node, depth: depth + 1, to: &page) else { return false }
            } else {
                guard let value = scanner.skipValue() else { return false }
                if nodes[node].isIncluded {
                    page.append(scanner.bytes.slice(value.lowerBound, value.count))
                } else {
                    page.truncate(to: mark)
                }
            }
        } while scanner.take(UInt8(ascii: ","))
        page.append(UInt8(ascii: "]"))
        return scanner.take(UInt8(ascii: "]"))
    }

    // MARK: Deciding

    private func treatment(of node: Int, isContainer: Bool) -> Treatment {
        let node = nodes[node]
        if node.isExcluded { return .drop }
        if node.isIncluded { return isContainer && node.mayExcludeBelow ? .descend : .keep }
        return isContainer && node.mayIncludeBelow ? .descend : .drop
    }

    /// The node of a member, made when it is first met. `expected` is where its siblings' order suggests it.
    private mutating func node(of key: RawSpan, in parent: Int, _ expected: inout Int) -> Int {
        let count = nodes[parent].children.count
        for step in 0..<count {
            let place = (expected + step) % count
            let child = nodes[parent].children[place]
            guard child.key.rawSpan.equals(key) else { continue }
            expected = place + 1
            return child.node
        }
        nodes.append(makeNode(key, in: nodes[parent]))
        if count < Self.childrenMax && nodes.count <= Self.nodesMax {
            nodes[parent].children.append((key.copyBytes(), nodes.count - 1))
            expected = count + 1
        }
        return nodes.count - 1
    }

    /// Drops a node that nothing refers to.
    private mutating func forget(_ node: Int) {
        if node >= Self.nodesMax && node == nodes.count - 1 { nodes.removeLast() }
    }

    private func makeNode(_ key: RawSpan, in parent: Node) -> Node {
        var path = parent.path
        if !path.isEmpty { path.append(UInt8(ascii: ".")) }
        path += JSONKey.unescaped(key)
        let isIncluded = parent.isIncluded || includes.contains { $0.matches(path) }
        return Node(
            path: path, isIncluded: isIncluded,
            mayIncludeBelow: isIncluded || includes.contains { $0.mayMatch(below: path) },
            isExcluded: excludes.contains { $0.matches(path) },
            mayExcludeBelow: excludes.contains { $0.mayMatch(below: path) })
    }
}

extension SourceFilter {
    /// What of one source is returned.
    package func applied(to source: [UInt8]) -> [UInt8] {
        if self == .all { return source }
        var projection = SourceProjection(self)
        var page = ByteBuffer(capacity: source.count)
        projection.append(source.rawSpan, to: &page)
        return page.bytes.copyBytes()
    }
}
