package io.kvepp.testing;

import io.kvepp.inference.RequestParser;
import io.kvepp.inference.anthropic.AnthropicApis;
import io.kvepp.inference.body.BodyApi;
import io.kvepp.inference.body.BodyConfig;
import io.kvepp.inference.body.BodyParser;
import io.kvepp.inference.openai.OpenAiApis;
import java.util.HashMap;
import java.util.Map;

/// Parsers of every API, with the frontend's own defaults.
public final class RequestParsers {
    public static final BodyConfig DEFAULTS = new BodyConfig(false, true, false, true);

    private RequestParsers() {}

    public static RequestParser all() {
        return all(DEFAULTS);
    }

    public static RequestParser all(BodyConfig config) {
        Map<String, BodyApi> apis = new HashMap<>(OpenAiApis.all(config));
        apis.putAll(AnthropicApis.all(config));
        return new BodyParser(apis, config);
    }
}
