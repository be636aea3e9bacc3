package io.kvepp.inference;

import org.jspecify.annotations.Nullable;

/// What reading a body came to.
///
/// Immutable.
public sealed interface ParseResult {
    record Parsed(InferenceRequest request) implements ParseResult {}

    /// Nothing this parser reads; the request is to be routed by load and left as it is. `model` is
    /// what it asks for, null when that could not be seen.
    record Unparsed(UnparsedReason reason, @Nullable String model) implements ParseResult {
        public Unparsed(UnparsedReason reason) {
            this(reason, null);
        }
    }

    /// The frontend would answer 400 as well. `message` is for the client: it names field, value
    /// and what was expected, never prompt text. `param` is the field, null when it is the whole
    /// body.
    record Malformed(String message, @Nullable String param) implements ParseResult {}
}
