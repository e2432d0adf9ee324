import CCrypt

/// Password hashes as crypt(3) writes them, made and checked by libxcrypt: bcrypt (`$2b$`, and `$2y$` or `$2a$` of
/// other tools), yescrypt (`$y$`), scrypt and SHA-2.
///
/// Both calls take tens of milliseconds by intent: not for a thread that others wait for.
package enum PasswordHash {
    package enum Method: String, Sendable, CaseIterable {
        /// Understood by OpenSearch. Counts the first 72 bytes of a password.
        case bcrypt
        case yescrypt

        fileprivate var prefix: String { self == .bcrypt ? "$2b$" : "$y$" }
        /// About 0.2 s each on a machine of 2024.
        fileprivate var cost: UInt { self == .bcrypt ? 12 : 7 }
    }

    /// The dearest bcrypt that is checked: 2^16 rounds, about 3 s.
    private static let costMax = 16

    /// Whether `proves` can work with it: a method of today, and no price that would stop a server.
    package static func knows(_ hash: String) -> Bool {
        guard hash.utf8.count <= 384, hash.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return false }
        if hash.hasPrefix("$2"), (Int(hash.dropFirst(4).prefix(2)) ?? .max) > costMax { return false }
        // SAFETY: the pointer is to the hash's bytes and a zero, and lives as long as the call.
        return unsafe hash.withCString { unsafe crypt_checksalt($0) } == CRYPT_SALT_OK
            && hash.utf8.count >= 40
    }

    /// Whether the hash is this password's. Compares in constant time.
    package static func proves(_ password: [UInt8], _ hash: String) -> Bool {
        guard knows(hash), let found = compute(password, hash) else { return false }
        let expected = Array(hash.utf8)
        guard found.count == expected.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(found, expected) { difference |= one ^ other }
        return difference == 0
    }

    /// A new hash with a salt of its own; nil if the password is empty, has a zero byte, or is longer than the
    /// method counts.
    package static func make(_ password: [UInt8], _ method: Method) -> String? {
        guard !password.isEmpty, password.count <= (method == .bcrypt ? 72 : 255) else { return nil }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        let count = Int32(setting.count)
        // SAFETY: the buffer has the size that is said; without random bytes libxcrypt asks the system for them.
        let isMade = unsafe setting.withUnsafeMutableBufferPointer { buffer in
            unsafe crypt_gensalt_rn(method.prefix, method.cost, nil, 0, buffer.baseAddress, count) != nil
        }
        guard isMade else { return nil }
        let end = setting.firstIndex(of: 0) ?? setting.endIndex
        let salt = String(decoding: setting[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return compute(password, salt).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func compute(_ password: [UInt8], _ setting: String) -> [UInt8]? {
        guard !password.contains(0) else { return nil }
        let phrase = password.map { CChar(bitPattern: $0) } + [0]
        // SAFETY: the scratch memory is zeroed as crypt_rn wants it and freed after its result was copied.
        let scratch = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        unsafe scratch.initialize(to: crypt_data())
        defer {
            unsafe scratch.deinitialize(count: 1)
            unsafe scratch.deallocate()
        }
        guard
            let text = unsafe crypt_rn(phrase, setting, scratch, Int32(MemoryLayout<crypt_data>.size))
        else { return nil }
        return unsafe Array(String(cString: text).utf8)
    }
}
