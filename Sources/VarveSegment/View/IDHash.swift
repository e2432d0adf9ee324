import VarveBytes

/// The hash of a document id by which id filters are built and asked; part of the segment format
/// (`docs/formats/segment.md`). One hash serves every view that is asked for the same id.
package func hashOfID(_ id: RawSpan) -> UInt64 { XXH64.hash(id, seed: 0x4944) }
