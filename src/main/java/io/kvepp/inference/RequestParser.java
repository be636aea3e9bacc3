package io.kvepp.inference;

import org.jspecify.annotations.Nullable;

/// Turns the bytes of a request into what a picker needs of it.
///
/// - `path`: as the gateway shows it, which may be before it takes a prefix off: an API is known by
///   how the path ends. A query and one slash at the end are ignored; empty when the gateway does not
///   tell it, so that the form of the body must
/// - `contentType`, `contentEncoding`: header values as they came, null when absent
/// - `body`: not copied, must not be changed; offsets in the result count its bytes
///
/// Expected outcomes are [ParseResult]s, never exceptions. A body that the serving frontend accepts
/// is never [ParseResult.Malformed].
///
/// Implementations are pure and thread-safe.
public interface RequestParser {
    /// The path of the API that a request is for, as the API itself has it; empty when it is for none
    /// that this parser reads.
    String api(String path, byte[] body);

    ParseResult parse(String path, @Nullable String contentType, @Nullable String contentEncoding, byte[] body);
}
