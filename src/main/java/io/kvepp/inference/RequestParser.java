package io.kvepp.inference;

import org.jspecify.annotations.Nullable;

/// Turns the bytes of a request into what a picker needs of it.
///
/// - `path`: may carry a query, which is ignored; empty when the gateway does not tell it, so that
///   the form of the body must
/// - `contentType`, `contentEncoding`: header values as they came, null when absent
/// - `body`: not copied, must not be changed; offsets in the result count its bytes
///
/// Expected outcomes are [ParseResult]s, never exceptions. A body that the serving frontend accepts
/// is never [ParseResult.Malformed].
///
/// Implementations are pure and thread-safe.
public interface RequestParser {
    ParseResult parse(String path, @Nullable String contentType, @Nullable String contentEncoding, byte[] body);
}
