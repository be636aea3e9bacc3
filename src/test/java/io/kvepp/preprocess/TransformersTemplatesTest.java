package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransformersTemplatesTest {
    @Test
    void oneTextIsTheDefaultTemplate() throws Exception {
        assertThat(TransformersTemplates.ofConfig(bytes("{\"chat_template\":\"a\"}")))
                .isEqualTo(Map.of("default", "a"));
    }

    @Test
    void aListNamesItsTemplates() throws Exception {
        String config = "{\"chat_template\":[{\"name\":\"default\",\"template\":\"a\"},"
                + "{\"name\":\"tool_use\",\"template\":\"b\"}]}";
        assertThat(TransformersTemplates.ofConfig(bytes(config))).isEqualTo(Map.of("default", "a", "tool_use", "b"));
    }

    @Test
    void aFileIsATemplateOrHoldsOne() throws Exception {
        assertThat(TransformersTemplates.ofFile("chat_template.jinja", bytes("a")))
                .isEqualTo(Map.of("default", "a"));
        assertThat(TransformersTemplates.ofFile("chat_template.json", bytes("{\"chat_template\":\"b\"}")))
                .isEqualTo(Map.of("default", "b"));
    }

    @Test
    void noTemplateIsNone() throws Exception {
        assertThat(TransformersTemplates.ofConfig(bytes("{}"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"chat_template\":1}", "{\"chat_template\":[1]}", "{\"chat_template\":[{\"name\":\"x\"}]}"})
    void otherShapesAreRefused(String config) {
        assertThatThrownBy(() -> TransformersTemplates.ofConfig(bytes(config)))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("chat_template (expected: a text or a list of names and templates)");
    }

    @Test
    void onlySpecialTokensThatAreSetExist() throws Exception {
        String config = "{\"bos_token\":\"<s>\",\"eos_token\":{\"content\":\"</s>\"},\"pad_token\":null,"
                + "\"unk_token\":\"\",\"additional_special_tokens\":[\"<a>\",{\"content\":\"<b>\"}],\"x_token\":\"y\"}";
        assertThat(TransformersTemplates.specialTokens(bytes(config)))
                .isEqualTo(Map.of(
                        "bos_token", "<s>", "eos_token", "</s>", "additional_special_tokens", List.of("<a>", "<b>")));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
