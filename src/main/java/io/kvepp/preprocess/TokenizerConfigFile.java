package io.kvepp.preprocess;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.kvepp.inference.json.JsonValues;
import io.kvepp.preprocess.ModelLoadException.Part;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What rendering needs of `tokenizer_config.json`.
///
/// - `bosToken`, `eosToken`, `unkToken`: null when absent, which templates see as None
/// - `templates`: sources by name, empty when the file has none
///
/// Immutable.
record TokenizerConfigFile(
        @Nullable String bosToken,
        @Nullable String eosToken,
        @Nullable String unkToken,
        Map<String, String> templates) {
    private static final String CHAT_TEMPLATE = "chat_template";

    static TokenizerConfigFile parse(byte[] bytes) throws ModelLoadException {
        Map<String, @Nullable Object> file = jsonObject(bytes, "tokenizer_config.json");
        return new TokenizerConfigFile(
                token(file, "bos_token"),
                token(file, "eos_token"),
                token(file, "unk_token"),
                templates(file.get(CHAT_TEMPLATE), "tokenizer_config.json"));
    }

    TokenizerConfigFile withTemplates(Map<String, String> others) {
        return new TokenizerConfigFile(bosToken, eosToken, unkToken, others);
    }

    /// The templates of a `chat_template.jinja` or `chat_template.json`.
    static Map<String, String> templateFile(String fileName, byte[] bytes) throws ModelLoadException {
        if (fileName.endsWith(".json")) {
            return templates(jsonObject(bytes, fileName).get(CHAT_TEMPLATE), fileName);
        }
        return templates(new String(bytes, StandardCharsets.UTF_8), fileName);
    }

    static Map<String, @Nullable Object> jsonObject(byte[] bytes, String fileName) throws ModelLoadException {
        try {
            Map<String, @Nullable Object> object =
                    Json.object(JsonValues.parse(new String(bytes, StandardCharsets.UTF_8)));
            if (object != null) {
                return object;
            }
            throw new ModelLoadException(Part.FILES, fileName + ": no JSON object (expected: a JSON object)");
        } catch (JsonProcessingException e) {
            throw new ModelLoadException(Part.FILES, fileName + ": no JSON (expected: a JSON object)", e);
        }
    }

    private static @Nullable String token(Map<String, @Nullable Object> file, String name) {
        Object value = file.get(name);
        Map<String, @Nullable Object> object = Json.object(value);
        Object text = object == null ? value : object.get("content");
        return text instanceof String token ? token : null;
    }

    /// One text is the template with and without tools. In a list, each key of each object is a
    /// name and its value the source; Hugging Face's own `name` and `template` pairs are no
    /// exception, so that such a file has no template called `default`.
    private static Map<String, String> templates(@Nullable Object value, String fileName) throws ModelLoadException {
        if (value instanceof String source) {
            return Map.of(ChatTemplates.DEFAULT, source, ChatTemplates.TOOL_USE, source);
        }
        Map<String, String> templates = new LinkedHashMap<>();
        List<@Nullable Object> list = value == null ? List.of() : Json.array(value);
        if (list == null) {
            throw unreadable(fileName);
        }
        for (Object element : list) {
            Map<String, @Nullable Object> named = Json.object(element);
            if (named == null) {
                throw unreadable(fileName);
            }
            for (Map.Entry<String, @Nullable Object> entry : named.entrySet()) {
                if (!(entry.getValue() instanceof String source)) {
                    throw unreadable(fileName);
                }
                templates.put(entry.getKey(), source);
            }
        }
        return templates;
    }

    private static ModelLoadException unreadable(String fileName) {
        return new ModelLoadException(
                Part.TEMPLATE, fileName + ": " + CHAT_TEMPLATE + " (expected: a text or a list of named texts)");
    }
}
