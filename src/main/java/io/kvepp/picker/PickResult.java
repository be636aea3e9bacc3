package io.kvepp.picker;

import java.util.Map;
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
    /// `param` is the field of the request that is to blame, null when there is none; `details` are
    /// the numbers behind the message, by name; `retryAfterSeconds` is when to try again, 0 when
    /// that is not known.
    record Rejected(
            RejectReason reason,
            String message,
            @Nullable String param,
            Map<String, Long> details,
            int retryAfterSeconds)
            implements PickResult {
        public Rejected {
            details = Map.copyOf(details);
        }

        public Rejected(RejectReason reason, String message, @Nullable String param, Map<String, Long> details) {
            this(reason, message, param, details, 0);
        }

        public Rejected(RejectReason reason, String message, @Nullable String param) {
            this(reason, message, param, Map.of());
        }
    }
}
