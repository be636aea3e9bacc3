package io.kvepp.routerservice.grpc;

/// A request with a field that cannot be right.
///
/// Immutable.
final class FieldFault extends Exception {
    private static final long serialVersionUID = 1L;

    private final String told;

    FieldFault(String name, String shown, String expected) {
        this(name + ": " + shown + " (expected: " + expected + ")");
    }

    FieldFault(String message) {
        super(message);
        told = message;
    }

    /// What the caller is told.
    String told() {
        return told;
    }
}
