/// A pattern of index names or actions, in which `*` stands for any run of characters and `?` for one.
struct NamePattern: Sendable, Hashable {
    let text: String
    private let bytes: [UInt8]

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    var isEverything: Bool { bytes == [0x2A] }
    var isLiteral: Bool { !bytes.contains { $0 == 0x2A || $0 == 0x3F } }

    /// Time: at most the product of both lengths.
    func matches(_ name: String) -> Bool {
        if isEverything { return true }
        let name = Array(name.utf8)
        var (at, place) = (0, 0)
        // Where to go on if what follows the last star does not fit.
        var (star, retry) = (-1, 0)
        while at < name.count {
            if place < bytes.count && bytes[place] == 0x2A {
                star = place
                retry = at
                place += 1
            } else if place < bytes.count && (bytes[place] == 0x3F || bytes[place] == name[at]) {
                place += 1
                at += 1
            } else if star >= 0 {
                retry += 1
                (at, place) = (retry, star + 1)
            } else {
                return false
            }
        }
        return bytes[place...].allSatisfy { $0 == 0x2A }
    }
}
