import Foundation

/// A port of the loopback address that nobody listens on at this moment, for servers that must be told theirs; nil if
/// the system has none.
package func freePort() -> UInt16? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutableBytes(of: &address) { bytes in
        let pointer = unsafe bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
        return unsafe bind(descriptor, pointer, length) == 0
            && getsockname(descriptor, pointer, &length) == 0
    }
    return isBound ? UInt16(bigEndian: address.sin_port) : nil
}
