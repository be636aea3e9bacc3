package io.kvepp.routerservice.http;

/// A request that is answered with an error.
///
/// - `status`: of the response
///
/// Immutable.
final class HttpFault extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String told;

    HttpFault(int status, String message) {
        super(message);
        this.status = status;
        told = message;
    }

    /// A field of the wrong type or out of range.
    static HttpFault field(String name, String shown, String expected) {
        return new HttpFault(422, name + ": " + shown + " (expected: " + expected + ")");
    }

    int status() {
        return status;
    }

    /// What the caller is told.
    String told() {
        return told;
    }
}
