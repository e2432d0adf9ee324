/// 2 KB that inflate to 2 MiB of blanks, a thousand times as much.
enum Bomb {
    static let gzip: [UInt8] =
        [
            31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 42, 235, 159, 210, 24, 62,
            64, 1,
        ] + [UInt8](repeating: 0, count: 2_031) + [124, 13, 126, 26, 133, 92, 0, 0, 32, 0]
}
