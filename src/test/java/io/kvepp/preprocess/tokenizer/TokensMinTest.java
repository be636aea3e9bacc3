package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What a text's length says of its tokens is never more than there are.
class TokensMinTest {
    private static final String LONG = "word ".repeat(10_000);

    @Test
    void aTextHasNoFewerTokens() throws Exception {
        Random random = new Random(3);
        for (String normalizer : new String[] {"null", "{\"type\":\"NFC\"}"}) {
            Tokenizer tokenizer = tokenizer(normalizer);
            for (int i = 0; i < 500; i++) {
                String text = Normalizer.normalize(Fixtures.text(random, 200), Normalizer.Form.NFD);
                assertThat(tokenizer.tokensMin(text)).as(text).isLessThanOrEqualTo(tokenizer.encode(text).length);
            }
            assertThat(tokenizer.tokensMin(LONG)).isPositive();
        }
    }

    @Test
    void composingLeavesAByteForEveryThreeCharacters() {
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            if (Character.getType(codePoint) != Character.SURROGATE) {
                String apart = Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFD);
                String composed = Normalizer.normalize(apart, Normalizer.Form.NFC);
                assertThat(composed.getBytes(StandardCharsets.UTF_8).length * 3).isGreaterThanOrEqualTo(apart.length());
            }
        }
    }

    @Test
    void nothingIsSaidWhereATokenOrANormalizerMaySwallowText() throws Exception {
        assertThat(tokenizer("{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}")
                        .tokensMin(LONG))
                .isZero();
        ObjectNode swallowing = Fixtures.tokenizerJson();
        ((ObjectNode) swallowing.get("added_tokens").get(0)).put("rstrip", true);
        assertThat(Fixtures.load(swallowing).tokensMin(LONG)).isZero();
    }

    private static Tokenizer tokenizer(String normalizer) throws Exception {
        ObjectNode json = Fixtures.tokenizerJson();
        json.set("normalizer", Fixtures.json(normalizer));
        return Fixtures.load(json);
    }
}
