package io.kvepp.inference;

/// What a response says of its own tokens; -1 where it says nothing.
///
/// - `cached`: prompt tokens that the engine had in its KV cache
///
/// Source: OpenAI's `usage` (`prompt_tokens`, `completion_tokens`,
/// `prompt_tokens_details.cached_tokens`); Anthropic's and the Responses API's `usage`
/// (`input_tokens`, `output_tokens`, `cache_read_input_tokens`,
/// `input_tokens_details.cached_tokens`).
///
/// Immutable.
public record TokenUsage(long prompt, long completion, long cached) {
    public static final TokenUsage UNKNOWN = new TokenUsage(-1, -1, -1);

    /// This usage, completed by what a later part of the response says.
    TokenUsage then(TokenUsage later) {
        return new TokenUsage(
                later.prompt >= 0 ? later.prompt : prompt,
                later.completion >= 0 ? later.completion : completion,
                later.cached >= 0 ? later.cached : cached);
    }
}
