/// A partial document merged into a document: objects member by member, everything else replaced. What does not
/// change keeps its bytes.
struct JSONMerge {
    private let base: JSONBody
    private let patch: JSONBody
    private(set) var bytes: [UInt8] = []
    /// Whether anything differs from the document as it was.
    private(set) var isChanged = false

    /// - Parameter node: The part of `patch` that is merged.
    init(_ base: JSONBody, with patch: JSONBody, _ node: JSONNode) {
        self.base = base
        self.patch = patch
        merge(base.root, node)
    }

    private mutating func merge(_ old: JSONNode, _ new: JSONNode) {
        guard let members = old.members, let changes = new.members else {
            bytes += patch.text(of: new)
            if !Self.isSame(old, new) { isChanged = true }
            return
        }
        bytes.append(0x7B)
        var isFirst = true
        for member in members {
            appendKey(base, member.value, &isFirst)
            if let change = changes.first(where: { $0.key == member.key }) {
                merge(member.value, change.value)
            } else {
                bytes += base.text(of: member.value)
            }
        }
        for change in changes where !members.contains(where: { $0.key == change.key }) {
            isChanged = true
            appendKey(patch, change.value, &isFirst)
            bytes += patch.text(of: change.value)
        }
        bytes.append(0x7D)
    }

    private mutating func appendKey(_ body: JSONBody, _ value: JSONNode, _ isFirst: inout Bool) {
        if !isFirst { bytes.append(0x2C) }
        isFirst = false
        bytes += body.bytes[body.keyStart(of: value)..<value.start]
    }

    /// Whether two values say the same; the order of members does not count.
    private static func isSame(_ left: JSONNode, _ right: JSONNode) -> Bool {
        switch (left.value, right.value) {
        case (.null, .null): return true
        case (.boolean(let one), .boolean(let other)): return one == other
        case (.integer(let one), .integer(let other)): return one == other
        case (.real(let one), .real(let other)): return one == other
        case (.string(let one), .string(let other)): return one == other
        case (.array(let one), .array(let other)):
            return one.count == other.count && zip(one, other).allSatisfy(isSame)
        case (.object(let one), .object(let other)):
            guard one.count == other.count else { return false }
            return one.allSatisfy { member in
                other.contains { $0.key == member.key && isSame(member.value, $0.value) }
            }
        default: return false
        }
    }
}
