package io.kvepp.inference.openai;

import io.kvepp.inference.body.BodyApi;
import io.kvepp.inference.body.BodyConfig;
import java.util.Map;

/// The OpenAI-type APIs by their paths.
///
/// Thread-safe.
public final class OpenAiApis {
    private OpenAiApis() {}

    public static Map<String, BodyApi> all(BodyConfig config) {
        return Map.of(
                "/v1/chat/completions", new ChatCompletionsApi(config),
                "/v1/completions", new CompletionsApi(config),
                "/v1/responses", new ResponsesApi(),
                "/v1/embeddings", new EmbeddingsApi(config));
    }
}
