package io.kvepp.preprocess;

import io.kvepp.preprocess.ModelLoadException.Part;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What transformers takes from a model's files: templates by name, and the special tokens.
///
/// Thread-safe.
final class TransformersTemplates {
    private static final String CHAT_TEMPLATE = "chat_template";
    private static final List<String> TOKENS =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");
    private static final String MORE_TOKENS = "additional_special_tokens";

    private TransformersTemplates() {}

    /// The templates of a `tokenizer_config.json`, none when it has none.
    static Map<String, String> ofConfig(byte[] bytes) throws ModelLoadException {
        String fileName = "tokenizer_config.json";
        return templates(TokenizerConfigFile.jsonObject(bytes, fileName).get(CHAT_TEMPLATE), fileName);
    }

    /// The templates of a `chat_template.jinja` or `chat_template.json`.
    static Map<String, String> ofFile(String fileName, byte[] bytes) throws ModelLoadException {
        return fileName.endsWith(".json")
                ? templates(TokenizerConfigFile.jsonObject(bytes, fileName).get(CHAT_TEMPLATE), fileName)
                : Map.of(ChatTemplates.DEFAULT, new String(bytes, StandardCharsets.UTF_8));
    }

    /// One text is the default template; a list has objects with a name and a template.
    private static Map<String, String> templates(@Nullable Object value, String fileName) throws ModelLoadException {
        if (value instanceof String source) {
            return Map.of(ChatTemplates.DEFAULT, source);
        }
        Map<String, String> templates = new LinkedHashMap<>();
        List<@Nullable Object> list = value == null ? List.of() : Json.array(value);
        for (Object element : list == null ? List.of(fileName) : list) {
            Map<String, @Nullable Object> named = Json.object(element);
            if (named == null
                    || !(named.get("name") instanceof String name)
                    || !(named.get("template") instanceof String source)) {
                throw new ModelLoadException(
                        Part.TEMPLATE,
                        fileName + ": " + CHAT_TEMPLATE + " (expected: a text or a list of names and templates)");
            }
            templates.put(name, source);
        }
        return templates;
    }

    /// The special tokens that the file sets, by the names a template knows them under.
    static Map<String, Object> specialTokens(byte[] configBytes) throws ModelLoadException {
        Map<String, @Nullable Object> file = TokenizerConfigFile.jsonObject(configBytes, "tokenizer_config.json");
        Map<String, Object> tokens = new LinkedHashMap<>();
        for (String name : TOKENS) {
            String text = text(file.get(name));
            if (text != null && !text.isEmpty()) {
                tokens.put(name, text);
            }
        }
        List<@Nullable Object> more = Json.array(file.get(MORE_TOKENS));
        List<String> texts = new ArrayList<>();
        for (Object token : more == null ? List.of() : more) {
            String text = text(token);
            if (text != null) {
                texts.add(text);
            }
        }
        if (!texts.isEmpty()) {
            tokens.put(MORE_TOKENS, texts);
        }
        return tokens;
    }

    private static @Nullable String text(@Nullable Object token) {
        Map<String, @Nullable Object> object = Json.object(token);
        Object text = object == null ? token : object.get("content");
        return text instanceof String content ? content : null;
    }
}
