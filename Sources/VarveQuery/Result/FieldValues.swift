/// The values that one hit has of one field.
public struct FieldValues: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        /// Dates too, in their format.
        case string(String)
        case integer(Int64)
        case double(Double)
        case float(Float)
        case boolean(Bool)
    }

    public var field: String
    public var values: [Value]

    public init(_ field: String, _ values: [Value]) {
        self.field = field
        self.values = values
    }
}
