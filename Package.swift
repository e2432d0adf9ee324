// swift-tools-version: 6.2
import PackageDescription

/// What every module of ours is held to.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"), .enableExperimentalFeature("Lifetimes"),
]
/// Optimises debug builds, so that the tests can afford many cases. Only where this package is worked on: a package
/// that others fetch by version must not ask for flags.
let optimised: [SwiftSetting] =
    Context.packageDirectory.contains("/checkouts/") || Context.packageDirectory.contains("/registry/")
    ? [] : [.unsafeFlags(["-O"], .when(configuration: .debug))]
/// The engine's modules.
let engine: [SwiftSetting] =
    strict + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")] + optimised

/// What only `varve serve` needs is built, and fetched, with the trait alone.
let server: TargetDependencyCondition? = .when(traits: ["Server"])

/// What only the Kinesis source needs.
let kinesis: TargetDependencyCondition? = .when(traits: ["Kinesis"])

/// What only the Kafka source needs.
let kafka: TargetDependencyCondition? = .when(traits: ["Kafka"])

/// Tests reach what the modules call unsafe only through their safe faces.
let test: [SwiftSetting] = strict

let package = Package(
    name: "varve",
    products: [
        .library(name: "Varve", targets: ["Varve"]),
        .library(name: "VarveKinesis", targets: ["VarveKinesis"]),
        .library(name: "VarveKafka", targets: ["VarveKafka"]),
        .executable(name: "varve", targets: ["varve-cli"]),
        .executable(name: "varve-inspect", targets: ["varve-inspect"]),
        .executable(name: "varve-torture", targets: ["varve-torture"]),
    ],
    traits: [
        .trait(
            name: "FastDeflate",
            description: "Deflate with libdeflate: the same format, written 1.5x and read 2.5x as fast."),
        .trait(
            name: "Server",
            description: "`varve serve`. Who embeds the library leaves it out and fetches no package for it."),
        .trait(
            name: "Kinesis",
            description:
                "Ingest from Kinesis: the product VarveKinesis, on AsyncHTTPClient, and `varve` with it."),
        .trait(
            name: "Kafka",
            description: "Ingest from Kafka: the product VarveKafka, on librdkafka, and `varve` with it."),
        .default(enabledTraits: ["Server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.30.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
    ],
    targets: [
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .target(
            name: "VarveBytes",
            dependencies: [
                "CZlib", .target(name: "CDeflate", condition: .when(traits: ["FastDeflate"])),
            ],
            swiftSettings: engine),
        .target(name: "VarveFiles", dependencies: ["VarveBytes"], swiftSettings: engine),
        .target(name: "VarveDocument", dependencies: ["VarveBytes"], swiftSettings: engine),
        .target(name: "VarveLog", dependencies: ["VarveFiles", "VarveBytes"], swiftSettings: engine),
        .target(
            name: "VarveSegment", dependencies: ["VarveFiles", "VarveDocument", "VarveBytes"],
            swiftSettings: engine),
        .target(
            name: "VarveManifest", dependencies: ["VarveLog", "VarveFiles", "VarveBytes"],
            swiftSettings: engine),
        .target(
            name: "VarveEngine",
            dependencies: [
                "VarveLog", "VarveSegment", "VarveManifest", "VarveDocument", "VarveFiles", "VarveBytes",
            ],
            swiftSettings: engine),
        .target(
            name: "VarveQuery", dependencies: ["VarveSegment", "VarveDocument", "VarveBytes"],
            swiftSettings: engine),
        .target(
            name: "VarveIngest", dependencies: ["VarveDocument", "VarveFiles", "VarveBytes"],
            swiftSettings: engine),
        .target(
            name: "VarveKinesis",
            dependencies: [
                "VarveIngest", "VarveDocument", "VarveFiles", "VarveBytes",
                .product(name: "AsyncHTTPClient", package: "async-http-client", condition: kinesis),
                .product(name: "Crypto", package: "swift-crypto", condition: kinesis),
                .product(name: "NIOCore", package: "swift-nio", condition: kinesis),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: kinesis),
            ],
            swiftSettings: strict),
        .target(
            name: "VarveKafka",
            dependencies: [
                "VarveIngest", "VarveFiles", "VarveBytes", .target(name: "CRdKafka", condition: kafka),
            ],
            swiftSettings: engine),
        .target(
            name: "Varve",
            dependencies: [
                "VarveEngine", "VarveManifest", "VarveQuery", "VarveIngest", "VarveDocument", "VarveFiles",
                "VarveBytes",
            ],
            swiftSettings: engine),
        .target(
            name: "VarveREST",
            dependencies: [
                "Varve", "VarveEngine", "VarveManifest", "VarveQuery", "VarveIngest", "VarveDocument",
                "VarveBytes",
            ],
            swiftSettings: engine),
        .target(
            name: "VarvePasswords",
            dependencies: ["CCrypt"],
            swiftSettings: engine),
        .target(
            name: "VarveServer",
            dependencies: [
                "Varve", "VarveREST", "VarveDocument", "VarveFiles", "VarveBytes", "VarvePasswords",
                .target(name: "VarveKafka", condition: kafka),
                .target(name: "VarveKinesis", condition: kinesis),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: server),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio", condition: server),
                .product(name: "NIOCore", package: "swift-nio", condition: server),
                .product(name: "NIOPosix", package: "swift-nio", condition: server),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: server),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: server),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras", condition: server),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras", condition: server),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras", condition: server),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: server),
                .product(name: "Logging", package: "swift-log", condition: server),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: server),
                .product(name: "UnixSignals", package: "swift-service-lifecycle", condition: server),
            ],
            swiftSettings: strict),
        .target(name: "VarveSimulation", dependencies: ["VarveFiles", "VarveBytes"], swiftSettings: engine),

        .executableTarget(
            name: "varve-cli",
            dependencies: [
                "Varve", "VarveServer", "VarveIngest", "VarveDocument", "VarveFiles", "VarveBytes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client", condition: server),
                .product(name: "NIOCore", package: "swift-nio", condition: server),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: server),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: server),
            ],
            path: "tools/varve", swiftSettings: strict),
        .executableTarget(
            name: "varve-inspect",
            dependencies: [
                "VarveLog", "VarveSegment", "VarveManifest", "VarveDocument", "VarveFiles", "VarveBytes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "tools/varve-inspect", swiftSettings: strict),
        .executableTarget(
            name: "varve-torture",
            dependencies: [
                "Varve", "VarveIngest", "VarveSimulation", "VarveFiles", "VarveBytes",
                .target(name: "CRdKafka", condition: kafka),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "tools/varve-torture", swiftSettings: strict + optimised),
        .executableTarget(
            name: "Examples", dependencies: ["Varve"], swiftSettings: strict),

        .testTarget(
            name: "VarveBytesTests", dependencies: ["VarveBytes"],
            swiftSettings: test),
        .testTarget(
            name: "VarveFilesTests", dependencies: ["VarveBytes", "VarveFiles", "VarveSimulation"],
            swiftSettings: test),
        .testTarget(
            name: "VarveDocumentTests", dependencies: ["VarveBytes", "VarveDocument"], exclude: ["Golden"],
            swiftSettings: test),
        .testTarget(
            name: "VarveLogTests", dependencies: ["VarveBytes", "VarveFiles", "VarveLog", "VarveSimulation"],
            swiftSettings: test),
        .testTarget(
            name: "VarveSegmentTests",
            dependencies: ["VarveBytes", "VarveDocument", "VarveFiles", "VarveSegment", "VarveSimulation"],
            swiftSettings: test),
        .testTarget(
            name: "VarveManifestTests",
            dependencies: ["VarveBytes", "VarveFiles", "VarveLog", "VarveManifest", "VarveSimulation"],
            swiftSettings: test),
        .testTarget(
            name: "VarveEngineTests",
            dependencies: [
                "VarveBytes", "VarveDocument", "VarveEngine", "VarveFiles", "VarveLog", "VarveManifest",
                "VarveSegment", "VarveSimulation",
            ],
            swiftSettings: test),
        .testTarget(
            name: "VarveQueryTests",
            dependencies: [
                "VarveBytes", "VarveDocument", "VarveFiles", "VarveQuery", "VarveSegment", "VarveSimulation",
            ],
            exclude: ["Golden"],
            swiftSettings: test),
        .testTarget(
            name: "VarveIngestTests",
            dependencies: ["VarveBytes", "VarveDocument", "VarveFiles", "VarveIngest", "VarveSimulation"],
            swiftSettings: test),
        .target(
            name: "PullingServer", dependencies: ["Varve", "VarveREST", "VarveServer", "VarveSimulation"],
            path: "Tests/PullingServer", swiftSettings: test),
        .testTarget(
            name: "VarveKinesisTests",
            dependencies: [
                "PullingServer", "Varve", "VarveKinesis", "VarveIngest", "VarveDocument", "VarveFiles",
                "VarveBytes",
            ],
            swiftSettings: test),
        .testTarget(
            name: "VarveKafkaTests",
            dependencies: [
                "PullingServer", "Varve", "VarveKafka", "VarveIngest", "VarveFiles", "VarveBytes",
                .target(name: "CRdKafka", condition: kafka),
            ],
            swiftSettings: test),
        .testTarget(
            name: "VarveTests",
            dependencies: [
                "Varve", "VarveBytes", "VarveEngine", "VarveFiles", "VarveIngest", "VarveQuery",
                "VarveSimulation",
            ],
            swiftSettings: test),
        .testTarget(
            name: "VarveRESTTests",
            dependencies: [
                "VarveREST", "Varve", "VarveEngine", "VarveIngest", "VarveBytes", "VarveFiles",
                "VarveSimulation",
            ],
            swiftSettings: test),
        .testTarget(
            name: "VarvePasswordsTests", dependencies: ["VarvePasswords"], swiftSettings: test),
        .testTarget(
            name: "VarveServerTests",
            dependencies: [
                "VarveServer", "VarveREST", "Varve", "VarveSimulation",
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: server),
                .product(name: "NIOCore", package: "swift-nio", condition: server),
                .product(name: "NIOPosix", package: "swift-nio", condition: server),
                .product(name: "Logging", package: "swift-log", condition: server),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: server),
            ],
            swiftSettings: test),
        .testTarget(
            name: "CrashTests",
            dependencies: [
                "Varve", "VarveEngine", "VarveQuery", "VarveIngest", "VarveDocument", "VarveLog",
                "VarveManifest",
                "VarveSegment", "VarveFiles", "VarveBytes", "VarveSimulation",
            ],
            swiftSettings: test + optimised),
        .testTarget(
            name: "CommandLineTests",
            dependencies: ["varve-cli", "varve-inspect", "varve-torture"],
            exclude: ["Golden"],
            swiftSettings: test),
        .testTarget(name: "ArchitectureTests", swiftSettings: test),
        .testTarget(
            name: "VarveSimulationTests", dependencies: ["VarveBytes", "VarveFiles", "VarveSimulation"],
            swiftSettings: test),
    ]
)
