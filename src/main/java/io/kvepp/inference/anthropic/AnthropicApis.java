package io.kvepp.inference.anthropic;

import io.kvepp.inference.body.BodyApi;
import io.kvepp.inference.body.BodyConfig;
import java.util.Map;

/// The Anthropic APIs by their paths.
///
/// Thread-safe.
public final class AnthropicApis {
    private AnthropicApis() {}

    public static Map<String, BodyApi> all(BodyConfig config) {
        return Map.of("/v1/messages", new MessagesApi(config));
    }
}
