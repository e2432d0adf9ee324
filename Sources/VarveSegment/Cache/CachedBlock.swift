/// What a block cache may hold: immutable, shared, and honest about its memory.
package protocol CachedBlock: AnyObject, Sendable {
    /// Memory held, in bytes; never changes.
    var byteCount: Int { get }
}
