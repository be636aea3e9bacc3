package io.kvepp.picker;

/// What a pick came to.
///
/// Immutable.
public sealed interface PickResult {
    /// Send the request to `endpoint` (`ip:port`, IPv6 in brackets) with these edits, and tell
    /// `lifecycle` what becomes of it.
    record Routed(String endpoint, HeaderEdit headers, BodyEdit body, RequestLifecycle lifecycle)
            implements PickResult {}

    /// Answer the client without routing. `message` is for the client and never holds prompt text.
    record Rejected(RejectReason reason, String message) implements PickResult {}
}
