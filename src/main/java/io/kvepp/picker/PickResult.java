package io.kvepp.picker;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a pick came to.
///
/// Immutable.
public sealed interface PickResult {
    /// Send the request to `endpoint` (`ip:port`, IPv6 in brackets), or to the first of `fallbacks`
    /// that works, with these edits, and tell `lifecycle` what becomes of it. `response` is null when
    /// the response passes as it comes, `explanation` unless the gateway is to hear it.
    /// `endpointScores`: how endpoints compared, 0 to 1, higher is better; empty unless the gateway is
    /// to hear it.
    record Routed(
            String endpoint,
            List<String> fallbacks,
            HeaderEdit headers,
            BodyEdit body,
            @Nullable ResponseEdit response,
            @Nullable PickExplanation explanation,
            Map<String, Double> endpointScores,
            RequestLifecycle lifecycle)
            implements PickResult {
        public Routed {
            fallbacks = List.copyOf(fallbacks);
            endpointScores = Map.copyOf(endpointScores);
        }

        public Routed(
                String endpoint,
                List<String> fallbacks,
                HeaderEdit headers,
                BodyEdit body,
                @Nullable ResponseEdit response,
                @Nullable PickExplanation explanation,
                RequestLifecycle lifecycle) {
            this(endpoint, fallbacks, headers, body, response, explanation, Map.of(), lifecycle);
        }

        public Routed(String endpoint, HeaderEdit headers, BodyEdit body, RequestLifecycle lifecycle) {
            this(endpoint, List.of(), headers, body, null, null, lifecycle);
        }
    }

    /// The picker itself has the answer: the request asked where it would go. Nothing is held.
    record Answered(String contentType, String body) implements PickResult {}

    /// Answer the client without routing. `message` is for the client and never holds prompt text;
    /// `param` is the field of the request that is to blame, null when there is none; `details` are
    /// the numbers behind the message, by name; `retryAfterSeconds` is when to try again, 0 when
    /// that is not known; `api` is the path of the API in whose form the client expects the answer,
    /// empty where the path of the request tells.
    record Rejected(
            RejectReason reason,
            String message,
            @Nullable String param,
            Map<String, Long> details,
            int retryAfterSeconds,
            String api)
            implements PickResult {
        public Rejected {
            details = Map.copyOf(details);
        }

        public Rejected(
                RejectReason reason,
                String message,
                @Nullable String param,
                Map<String, Long> details,
                int retryAfterSeconds) {
            this(reason, message, param, details, retryAfterSeconds, "");
        }

        public Rejected(RejectReason reason, String message, @Nullable String param, Map<String, Long> details) {
            this(reason, message, param, details, 0);
        }

        public Rejected(RejectReason reason, String message, @Nullable String param) {
            this(reason, message, param, Map.of());
        }

        /// The same in the form of this API.
        public Rejected inFormOf(String asked) {
            return new Rejected(reason, message, param, details, retryAfterSeconds, asked);
        }
    }
}
