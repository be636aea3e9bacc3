package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.preprocess.PreprocessResult.BeforeMedia;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.tokenizer.SegmentTokenizer;
import io.kvepp.testing.RequestParsers;
import io.kvepp.worker.card.PromptProfile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every native format writes what the real frontend was recorded to write; see the README beside
/// the recordings.
class NativePromptsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int REQUESTS_MIN = 40;
    private static final Map<String, NativeFormat> FAMILIES = Map.of(
            "v32", NativeFormat.DEEPSEEK_V32,
            "v4", NativeFormat.DEEPSEEK_V4,
            "v41", NativeFormat.DEEPSEEK_V41,
            "k3", NativeFormat.KIMI_K3);

    /// One request and what the frontend made of it: a prompt, or null when it refused.
    record Recorded(String family, String name, byte[] body, JsonNode answer) {
        @Override
        public String toString() {
            return family + ": " + name;
        }
    }

    static List<Recorded> recorded() throws Exception {
        Map<String, byte[]> bodies = new HashMap<>();
        for (String line : lines("requests")) {
            JsonNode request = MAPPER.readTree(line);
            ObjectNode body = request.get("body").deepCopy();
            body.put("model", "m");
            bodies.put(request.get("name").textValue(), MAPPER.writeValueAsBytes(body));
        }
        List<Recorded> all = new ArrayList<>();
        for (String family : FAMILIES.keySet().stream().sorted().toList()) {
            for (String line : lines(family)) {
                JsonNode answer = MAPPER.readTree(line);
                String name = answer.get("name").textValue();
                all.add(new Recorded(family, name, bodies.get(name), answer));
            }
        }
        return all;
    }

    private static List<String> lines(String name) {
        return List.of(
                RecordedPrompts.text("nativeformat/" + name + ".jsonl").strip().split("\n", -1));
    }

    @Test
    void everyFamilyIsRecordedManyTimes() throws Exception {
        for (String family : FAMILIES.keySet()) {
            assertThat(recorded().stream()
                            .filter(one ->
                                    one.family().equals(family) && one.answer().has("prompt")))
                    .as(family)
                    .hasSizeGreaterThanOrEqualTo(REQUESTS_MIN);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("recorded")
    void writesThePromptOfTheFrontend(Recorded recorded) throws Exception {
        String prompt = recorded.answer().path("prompt").textValue();
        PreprocessResult result = preprocess(recorded);
        if (prompt == null) {
            assertThat(result).isInstanceOf(Invalid.class);
        } else if (result instanceof BeforeMedia(var tokenIds, var _)) {
            assertThat(prompt).startsWith(text(tokenIds));
        } else {
            assertThat(result)
                    .isInstanceOfSatisfying(
                            Tokens.class,
                            tokens -> assertThat(text(tokens.tokenIds())).isEqualTo(prompt));
        }
    }

    private static PreprocessResult preprocess(Recorded recorded) throws Exception {
        ParseResult parsed =
                RequestParsers.all().parse("/v1/chat/completions", "application/json", null, recorded.body());
        if (!(parsed instanceof ParseResult.Parsed(InferenceRequest request))) {
            return parsed instanceof ParseResult.Malformed(var message, var _)
                    ? new Invalid(message)
                    : new PreprocessResult.Unprepared("left to the frontend");
        }
        ChatRules rules = ChatRules.of(PromptProfile.PLAIN);
        return new Preprocessor(
                        FAMILIES.get(recorded.family()).format(),
                        rules,
                        new MarkingTokenizer(),
                        new ModelBounds(Integer.MAX_VALUE, 0))
                .preprocess(request);
    }

    private static String text(int[] codePoints) {
        return new String(codePoints, 0, codePoints.length);
    }

    /// Ids are code points; in a prompt of pieces, a special one has a mark before it.
    private static final class MarkingTokenizer implements SegmentTokenizer {
        @Override
        public int[] encode(String text) {
            boolean piece = text.startsWith("<|") && text.endsWith("|>") && text.length() < 20;
            return (piece ? "\ue000" + text : text).codePoints().toArray();
        }

        @Override
        public int[] encodeFramed(String text) {
            return encode(text);
        }

        @Override
        public int[] encodeOrdinary(String text) {
            return text.codePoints().toArray();
        }

        @Override
        public int vocabularySize() {
            return Character.MAX_CODE_POINT + 1;
        }
    }
}
