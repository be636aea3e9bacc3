package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.RecordedPrompts.Recorded;
import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.worker.card.PromptProfile;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Prompts are compared with those of a real frontend, character by character; the tokenizer here
/// makes ids of characters.
class RenderedPromptsTest {
    private static final JinjaSettings SETTINGS = JinjaSettings.chat(() -> Instant.EPOCH, ZoneOffset.UTC);

    static List<Recorded> printed() {
        return RecordedPrompts.read("prompts-print.jsonl");
    }

    static List<Recorded> strict() {
        return RecordedPrompts.read("prompts-strict.jsonl");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("printed")
    void aTemplateSeesWhatTheFrontendShowsIt(Recorded recorded) throws Exception {
        compare(recorded, preprocessor("print.jinja", null));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("strict")
    void aTemplateThatRefusesMuchIsGivenWhatItTakes(Recorded recorded) throws Exception {
        compare(recorded, preprocessor("strict.jinja", "<s>"));
    }

    private static void compare(Recorded recorded, Preprocessor preprocessor) {
        InferenceRequest request = Objects.requireNonNull(recorded.request());
        PreprocessResult result = preprocessor.preprocess(request);
        String prompt = recorded.prompt();
        if (prompt == null) {
            assertThat(recorded.status()).isEqualTo(400);
            assertThat(result).isNotInstanceOf(Tokens.class);
            return;
        }
        assertThat(result).isInstanceOfSatisfying(Tokens.class, tokens -> {
            assertThat(text(tokens.tokenIds())).isEqualTo(prompt.replace("\0", ""));
            assertThat(tokens.injectable()).isTrue();
        });
    }

    private static Preprocessor preprocessor(String template, @Nullable String bosToken) throws Exception {
        String source = RecordedPrompts.text(template);
        TokenizerConfigFile file = new TokenizerConfigFile(
                bosToken, "<|im_end|>", null, Map.of(ChatTemplates.DEFAULT, source, ChatTemplates.TOOL_USE, source));
        return new Preprocessor(
                ChatTemplates.compile(file, SETTINGS),
                ChatRules.of(PromptProfile.PLAIN),
                new CharacterTokenizer(),
                new ModelBounds(Character.MAX_CODE_POINT + 1, 0));
    }

    private static String text(int[] codePoints) {
        return new String(codePoints, 0, codePoints.length);
    }
}
