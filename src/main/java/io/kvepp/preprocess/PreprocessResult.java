package io.kvepp.preprocess;

/// What preparing a prompt came to.
///
/// Immutable; the array is not copied and must not be changed.
public sealed interface PreprocessResult {
    /// - `tokenIds`: unsigned 32 bit, what the worker's KV cache is keyed by. Of several prompts in
    ///   one request, those of the first
    /// - `injectable`: the ids are the whole prompt and may be put into the body as
    ///   `nvext.token_data`. False where the frontend would not use them: when they came from the
    ///   body and when there are several prompts
    record Tokens(int[] tokenIds, boolean injectable) implements PreprocessResult {}

    /// A prompt with an image, a video or audio, which the worker turns into tokens of its own.
    ///
    /// - `tokenIds`: exact up to the first of them, and no further
    /// - `promptTokens`: of the whole prompt as it was rendered
    record BeforeMedia(int[] tokenIds, int promptTokens) implements PreprocessResult {}

    /// A prompt that is longer than the model's context, or one of several in the request that is.
    ///
    /// - `promptTokens`: how long it is at the least
    /// - `otherwise`: what preparing came to if that is no matter
    record Beyond(int promptTokens, PreprocessResult otherwise) implements PreprocessResult {}

    /// The frontend would answer 400 as well; `message` is for the client.
    record Invalid(String message) implements PreprocessResult {}

    /// No ids could be made; the request is to be routed by load and left as it is, so that the
    /// frontend decides. `reason` is for the operator and holds no prompt text.
    record Unprepared(String reason) implements PreprocessResult {}
}
