package io.kvepp.requestplane;

/// A request that cannot be answered, and why in Dynamo's words.
public final class EndpointException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Type type;

    /// @param message is told to the caller
    public EndpointException(Type type, String message) {
        super(message);
        this.type = type;
    }

    /// What callers tell errors apart by.
    ///
    /// Source: Dynamo `lib/runtime/src/error`, `ErrorType`.
    public enum Type {
        INVALID_ARGUMENT("InvalidArgument"),
        CANNOT_CONNECT("CannotConnect"),
        DISCONNECTED("Disconnected"),
        CONNECTION_TIMEOUT("ConnectionTimeout"),
        RESPONSE_TIMEOUT("ResponseTimeout"),
        CANCELLED("Cancelled"),
        RESOURCE_EXHAUSTED("ResourceExhausted"),
        WORKER_OVERLOADED("WorkerOverloaded"),
        UNAVAILABLE("Unavailable"),
        UNKNOWN("Unknown");

        private final String wireName;

        Type(String wireName) {
            this.wireName = wireName;
        }

        String wireName() {
            return wireName;
        }
    }

    public Type type() {
        return type;
    }
}
