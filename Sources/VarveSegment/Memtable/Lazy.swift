import VarveBytes

/// A value that is made when it is first asked for, once, whoever asks. Others who ask meanwhile wait.
///
/// The one place where work is done under a lock: pure computation on immutable input, which all who wait need.
final class Lazy<Value: Sendable>: Sendable {
    private let made = Locked<Value?>(nil)

    init() {}

    func value(_ make: () -> Value) -> Value {
        made.withLock { made in
            if let made { return made }
            let value = make()
            made = value
            return value
        }
    }

    /// The value if it was made already.
    var current: Value? { made.withLock { $0 } }
}
