#if Kinesis
import Crypto

/// Signs a request with AWS Signature Version 4, in headers.
struct SignatureV4 {
    let accessKey: String
    let secretKey: String
    let region: String
    let service: String

    /// The value of the header `Authorization`.
    ///
    /// - Parameters:
    ///   - headers: All that are signed, names in lower case.
    ///   - moment: `20130517T083000Z`, as the header `x-amz-date` has it.
    func authorization(
        _ method: String, path: String, headers: [(name: String, value: String)], body: [UInt8],
        at moment: String
    ) -> String {
        let sorted = headers.sorted { $0.name < $1.name }
        let names = sorted.map(\.name).joined(separator: ";")
        let day = String(moment.prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let canonical =
            "\(method)\n\(path)\n\n" + sorted.map { "\($0.name):\($0.value)\n" }.joined() + "\n\(names)\n"
            + Self.hex(SHA256.hash(data: body))
        let text =
            "AWS4-HMAC-SHA256\n\(moment)\n\(scope)\n" + Self.hex(SHA256.hash(data: Array(canonical.utf8)))
        var key = Array("AWS4\(secretKey)".utf8)
        for part in [day, region, service, "aws4_request"] { key = Self.code(part, key) }
        let signature = Self.hex(Self.code(text, key))
        return
            "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    private static func code(_ text: String, _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
#endif
