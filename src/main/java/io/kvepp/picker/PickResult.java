package io.kvepp.picker;

import org.jspecify.annotations.Nullable;

/// What a pick came to.
///
/// Immutable.
public sealed interface PickResult {
    /// Send the request to `endpoint` (`ip:port`, IPv6 in brackets) with these edits, and tell
    /// `lifecycle` what becomes of it.
    record Routed(String endpoint, HeaderEdit headers, BodyEdit body, RequestLifecycle lifecycle)
            implements PickResult {}

    /// Answer the client without routing. `message` is for the client and never holds prompt text;
    /// `param` is the field of the request that is to blame, null when there is none.
    record Rejected(
            RejectReason reason, String message, @Nullable String param) implements PickResult {}
}
