package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever a tokenizer encoded before, a text becomes the ids that a new tokenizer gives it.
class CacheHistoryTest {
    private static final int TEXTS = 20;
    private static final String[] SEGMENTS = {
        "the quick brown fox jumps over",
        " the quick brown fox jumps over",
        "the quick brown fox jumps over \n ",
        "   ",
        "\u0301the theory of the thing is there",
        "\u2581over there the other \u2581",
        "foxes shells sea sea sea dogs fox",
        "caf\u00E9 na\u00EFve \u4F60\u597D \uD83D\uDE00\uD83D\uDE00 1234",
        "fox",
        "x"
    };

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "llama2",
                "gemma",
                "mistral",
                "phi3, flags",
                "gemma, flags",
                "mistral, flags",
                "metaspace always, flags",
                "metaspace first behind splits",
                "normalizer Strip, then others"
            })
    void changesNoIdOverCharacters(String variant) throws Exception {
        changesNoId(FamilyFixtures.file(FamilyFixtures.family(variant)));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"added", "added, NFKC", "qwen2", "deepseek_v3"})
    void changesNoIdOverBytes(String variant) throws Exception {
        ObjectNode file = Fixtures.tokenizerJson();
        for (JsonNode golden : Fixtures.MAPPER.readTree(Fixtures.bytes("golden.json"))) {
            if (golden.get("variant").textValue().equals(variant)) {
                file.setAll((ObjectNode) golden.get("members"));
                changesNoId(file);
                return;
            }
        }
        throw new AssertionError("no such variant: " + variant);
    }

    private static void changesNoId(ObjectNode file) throws Exception {
        List<String> parts = new ArrayList<>(List.of(SEGMENTS));
        parts.addAll(file.path("added_tokens").findValuesAsText("content"));
        Random random = new Random(11);
        Tokenizer old = Fixtures.load(file);
        for (int i = 0; i < TEXTS; i++) {
            String text = text(parts, random);
            assertThat(old.encode(text)).as(text).isEqualTo(Fixtures.load(file).encode(text));
        }
    }

    private static String text(List<String> parts, Random random) {
        StringBuilder text = new StringBuilder();
        for (int left = 1 + random.nextInt(9); left > 0; left--) {
            text.append(parts.get(random.nextInt(parts.size())));
        }
        return text.toString();
    }
}
