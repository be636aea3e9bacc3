package io.kvepp.router;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.RoutingHints;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import org.jspecify.annotations.Nullable;

/// What is known of a request's prompt when workers are chosen.
///
/// - `promptTokens`: exact when the prompt was tokenized, else an estimate from the body's size
/// - `inference`: the request as it was parsed, null when it was not
/// - `tokenIds`: null when the prompt is not looked up, for the reason in `loadOnly`
///
/// Immutable; the array must not be changed.
record PromptReading(
        int promptTokens,
        int @Nullable [] tokenIds,
        @Nullable String cacheSalt,
        @Nullable String loadOnly,
        BodyEdit body,
        @Nullable InferenceRequest inference) {
    /// Bytes of JSON that make about one token.
    private static final int BYTES_PER_TOKEN = 4;

    private static final String TENANT_HEADER = "x-tenant-id";

    /// A prompt nobody read; a large body still counts as much work.
    static PromptReading unread(PickRequest request, String reason, @Nullable InferenceRequest inference) {
        return new PromptReading(request.body().length / BYTES_PER_TOKEN, null, null, reason, BodyEdit.NONE, inference);
    }

    /// A prompt that no worker can take; its ids still spare the frontend the work of finding that out.
    static PromptReading tooLong(int promptTokens, BodyEdit body, InferenceRequest inference) {
        return new PromptReading(promptTokens, null, null, "too-long", body, inference);
    }

    /// A prompt whose blocks are known up to its first image, video or audio.
    static PromptReading beforeMedia(
            PickRequest request, InferenceRequest inference, int[] tokenIds, int promptTokens) {
        return new PromptReading(promptTokens, tokenIds, cacheSalt(request, inference), null, BodyEdit.NONE, inference);
    }

    static PromptReading read(PickRequest request, InferenceRequest inference, int[] tokenIds, BodyEdit body) {
        return new PromptReading(tokenIds.length, tokenIds, cacheSalt(request, inference), null, body, inference);
    }

    /// What the request itself says of its routing.
    RoutingHints hints() {
        return inference == null ? RoutingHints.NONE : inference.hints();
    }

    /// Whether the client wants its answer as a stream.
    boolean isStreamed() {
        return inference != null && inference.stream();
    }

    /// The model as the client wrote it; empty when the request was not parsed.
    String model() {
        return inference == null ? "" : inference.model();
    }

    /// Whether all of the prompt's tokens are known.
    boolean isWhole() {
        return tokenIds != null && tokenIds.length == promptTokens;
    }

    /// The frontend lets the last non-empty tenant header beat the body.
    private static @Nullable String cacheSalt(PickRequest request, InferenceRequest inference) {
        for (int i = request.headers().size() - 1; i >= 0; i--) {
            HttpHeader header = request.headers().get(i);
            if (header.name().equals(TENANT_HEADER) && !header.value().isBlank()) {
                return header.value().strip();
            }
        }
        return inference.cacheSalt();
    }
}
