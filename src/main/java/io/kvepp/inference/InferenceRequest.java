package io.kvepp.inference;

import org.jspecify.annotations.Nullable;

/// What a picker needs of one request.
///
/// - `model`: as the client wrote it
/// - `cacheSalt`: `nvext.cache_salt`, else the top-level `cache_salt`; null when absent or empty
/// - `clientTokenData`: token ids (unsigned 32 bit) the client itself gave in `nvext.token_data`,
///   which replace the prompt's own; null when absent
/// - `tokenDataTarget`: where token ids can be put into the body; null when the client gave its own,
///   and where there is no such place
/// - `hints`: what the request says of its routing
///
/// Immutable; the array is not copied and must not be changed.
public record InferenceRequest(
        String model,
        boolean stream,
        Prompt prompt,
        @Nullable String cacheSalt,
        int @Nullable [] clientTokenData,
        @Nullable TokenDataTarget tokenDataTarget,
        RoutingHints hints) {}
