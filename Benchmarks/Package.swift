// swift-tools-version: 6.2
import PackageDescription

/// Benchmarks are a package of their own, so that the library's build never pays for them.
let package = Package(
    name: "varve-benchmarks",
    traits: [
        .trait(name: "FastDeflate", description: "Measure with libdeflate beside zlib."),
        .trait(name: "Kafka", description: "Measure streams through librdkafka, too."),
        .default(enabledTraits: ["FastDeflate"]),
    ],
    dependencies: [
        .package(
            name: "varve", path: "..",
            traits: [
                .trait(name: "FastDeflate", condition: .when(traits: ["FastDeflate"])),
                .trait(name: "Kafka", condition: .when(traits: ["Kafka"])),
            ]),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    ],
    targets: [
        // zlib without a store around it, as a limit to compare with.
        .systemLibrary(name: "CSystemZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .executableTarget(
            name: "varve-bench",
            dependencies: [
                "CSystemZlib",
                .product(name: "Varve", package: "varve"),
                .product(name: "VarveKafka", package: "varve", condition: .when(traits: ["Kafka"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]),
    ]
)
