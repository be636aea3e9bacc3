package io.kvepp.requestplane;

/// A request that cannot be answered, and why in Dynamo's words.
public final class EndpointException extends Exception {
    private static final long serialVersionUID = 1L;

    private final ErrorType type;

    /// @param message is told to the caller
    public EndpointException(ErrorType type, String message) {
        super(message);
        this.type = type;
    }

    /// What callers tell errors apart by.
    ///
    /// Source: Dynamo `lib/runtime/src/error`, `ErrorType`.
    public enum ErrorType {
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

        ErrorType(String wireName) {
            this.wireName = wireName;
        }

        String wireName() {
            return wireName;
        }
    }

    public ErrorType type() {
        return type;
    }
}
