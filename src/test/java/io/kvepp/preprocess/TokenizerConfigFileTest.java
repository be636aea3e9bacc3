package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerConfigFileTest {
    @Test
    void tokensAreTextsOrObjectsWithContent() throws Exception {
        TokenizerConfigFile file =
                parse("{\"bos_token\":\"<s>\",\"eos_token\":{\"content\":\"</s>\"},\"unk_token\":null}");
        assertThat(file).isEqualTo(new TokenizerConfigFile("<s>", "</s>", null, Map.of()));
    }

    @Test
    void oneTextIsTheTemplateWithAndWithoutTools() throws Exception {
        assertThat(parse("{\"chat_template\":\"x\"}").templates()).isEqualTo(Map.of("default", "x", "tool_use", "x"));
    }

    @Test
    void aListNamesTemplatesByKey() throws Exception {
        assertThat(parse("{\"chat_template\":[{\"default\":\"a\"},{\"tool_use\":\"b\"}]}")
                        .templates())
                .isEqualTo(Map.of("default", "a", "tool_use", "b"));
        assertThat(parse("{\"chat_template\":[{\"name\":\"default\",\"template\":\"a\"}]}")
                        .templates())
                .isEqualTo(Map.of("name", "default", "template", "a"));
    }

    @Test
    void aTemplateFileIsTextOrJson() throws Exception {
        assertThat(TokenizerConfigFile.templateFile("chat_template.jinja", bytes("{\"chat_template\":\"x\"}")))
                .containsEntry("default", "{\"chat_template\":\"x\"}");
        assertThat(TokenizerConfigFile.templateFile("chat_template.json", bytes("{\"chat_template\":\"x\"}")))
                .containsEntry("default", "x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "{\"chat_template\":5}", "{\"chat_template\":[5]}", "{\"chat_template\":[{\"a\":5}]}"})
    void otherShapesAreRefused(String text) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("(expected: ");
    }

    private static TokenizerConfigFile parse(String text) throws ModelLoadException {
        return TokenizerConfigFile.parse(bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
