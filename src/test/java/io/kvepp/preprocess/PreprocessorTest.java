package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.RoutingHints;
import io.kvepp.preprocess.PreprocessResult.BeforeMedia;
import io.kvepp.preprocess.PreprocessResult.Beyond;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.PreprocessResult.Unprepared;
import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.worker.card.PromptProfile;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreprocessorTest {
    private static final int CONTEXT_TOKENS = 64;
    private static final int[] CLIENT = {7, 8};
    private static final String TEMPLATE =
            "{% for m in messages %}{{ m.content }}{% if m.content == 'no' %}{{ raise_exception('secret') }}{% endif %}"
                    + "{% if m.content == 'broken' %}{{ 1 + {} }}{% endif %}"
                    + "{% if m.content == 'endless' %}{% include 'other' %}{% endif %}{% endfor %}{% if tools %}T{% endif %}";

    private static final String PARTS =
            "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}"
                    + "{% if p.type == 'text' %}{{ p.text }}{% else %}<{{ p.type }}>{% endif %}{% endfor %}{% endif %}{% endfor %}";

    @Test
    void idsOfTheClientReplaceTextsButNotIds() throws Exception {
        assertTokens(new Prompt.Text("a"), CLIENT, CLIENT, false);
        assertTokens(chat("a"), CLIENT, CLIENT, false);
        assertTokens(new Prompt.Texts(List.of("a", "b")), CLIENT, CLIENT, false);
        assertTokens(new Prompt.Texts(List.of("a")), CLIENT, new int[] {'a'}, false);
        assertTokens(new Prompt.TokenIds(new int[] {1}), CLIENT, new int[] {1}, false);
        assertTokens(new Prompt.TokenIdLists(List.of(new int[] {1}, new int[] {2})), CLIENT, new int[] {1}, false);
    }

    @Test
    void onlyWholePromptsOfTextMayBeInjected() throws Exception {
        assertTokens(new Prompt.Text("a"), null, new int[] {'a'}, true);
        assertTokens(chat("a"), null, new int[] {'a'}, true);
        assertTokens(new Prompt.Texts(List.of("a", "b")), null, new int[] {'a'}, false);
        assertTokens(new Prompt.TokenIds(new int[] {1}), null, new int[] {1}, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"image_url", "video_url", "audio_url", "input_audio"})
    void aPromptWithMediaIsExactUpToTheFirstOfThem(String type) throws Exception {
        Map<String, @Nullable Object> question = Map.of("role", "user", "content", "what is this? ");
        Map<String, @Nullable Object> message = Map.of(
                "role",
                "user",
                "content",
                List.of(
                        Map.of("type", "text", "text", "a"),
                        Map.of("type", type),
                        Map.of("type", type),
                        Map.of("type", "text", "text", "b")));
        PreprocessResult result = preprocess(
                new Prompt.Chat(List.of(question, message), null, false, Map.of(), true, false, true), null, PARTS);
        assertThat(result).isInstanceOfSatisfying(BeforeMedia.class, before -> {
            assertThat(before.tokenIds())
                    .containsExactly("what is this? a".codePoints().toArray());
            assertThat(before.promptTokens()).isGreaterThan(before.tokenIds().length);
        });
    }

    @Test
    void idsBeyondTheVocabularyAreRefused() throws Exception {
        int beyond = Character.MAX_CODE_POINT + 1;
        for (Prompt prompt : List.of(
                new Prompt.TokenIds(new int[] {1, beyond}),
                new Prompt.TokenIds(new int[] {-1}),
                new Prompt.TokenIdLists(List.of(new int[] {1}, new int[] {beyond})))) {
            assertThat(preprocess(prompt, null)).isInstanceOf(Invalid.class);
        }
        assertThat(preprocess(new Prompt.Text("a"), new int[] {beyond}))
                .isEqualTo(new Invalid("Invalid request: nvext.token_data token id " + beyond
                        + " is out of range (must be < " + beyond + ")"));
    }

    @Test
    void textsToEmbedAreFramedUnlessTheClientForbidsIt() throws Exception {
        assertTokens(embedded("a\0", false, null), CLIENT, new int[] {'a', 0}, false);
        assertTokens(embedded("a\0", true, null), null, new int[] {'^', 'a', 0, '$'}, false);
        assertThat(preprocess(new Prompt.EmbeddedTexts(List.of(), false, null), null))
                .isInstanceOf(Unprepared.class);
    }

    @Test
    void textsToEmbedAreCutWhereTheClientWants() throws Exception {
        assertTokens(embedded("abc", true, 3L), null, new int[] {'^', 'a', 'b'}, false);
        assertTokens(embedded("abc", false, 0L), null, new int[0], false);
        assertTokens(embedded("abc", false, (long) CONTEXT_TOKENS), null, new int[] {'a', 'b', 'c'}, false);
        assertThat(((Tokens) preprocess(embedded("a".repeat(2 * CONTEXT_TOKENS), true, -1L), null)).tokenIds())
                .hasSize(CONTEXT_TOKENS);
        assertThat(preprocess(embedded("a", true, CONTEXT_TOKENS + 1L), null))
                .isEqualTo(new Invalid("Invalid request: truncate_prompt_tokens: 65 (expected: -1 to 64)"));
    }

    @Test
    void oneOfSeveralPromptsThatIsTooLongIsTooManyTokens() throws Exception {
        String fits = "a".repeat(CONTEXT_TOKENS);
        for (List<String> texts : List.of(List.of("a", fits + "a"), List.of(fits, "a", fits + "a", "b"))) {
            assertBeyond(new Prompt.Texts(texts), texts.getFirst().length());
            assertBeyond(
                    new Prompt.EmbeddedTexts(texts, false, null),
                    texts.getFirst().length());
        }
        assertBeyond(new Prompt.TokenIdLists(List.of(new int[] {1}, new int[CONTEXT_TOKENS + 1])), 1);

        assertTokens(new Prompt.Texts(List.of("a", fits)), null, new int[] {'a'}, false);
        assertTokens(new Prompt.EmbeddedTexts(List.of("a", fits + "a"), false, -1L), null, new int[] {'a'}, false);
        assertTokens(
                new Prompt.TokenIdLists(List.of(new int[] {1}, new int[CONTEXT_TOKENS])), null, new int[] {1}, false);
    }

    private static void assertBeyond(Prompt prompt, int firstTokens) throws Exception {
        assertThat(preprocess(prompt, null)).isInstanceOfSatisfying(Beyond.class, beyond -> {
            assertThat(beyond.promptTokens()).isEqualTo(CONTEXT_TOKENS + 1);
            assertThat(((Tokens) beyond.otherwise()).tokenIds()).hasSize(firstTokens);
        });
    }

    private static Prompt embedded(String text, boolean specialTokens, @Nullable Long truncation) {
        return new Prompt.EmbeddedTexts(List.of(text), specialTokens, truncation);
    }

    @Test
    void nullCharactersAreLeftOut() throws Exception {
        assertTokens(new Prompt.Text("\0a\0b"), null, new int[] {'a', 'b'}, true);
    }

    @Test
    void aTemplateThatRefusesMakesTheRequestInvalid() throws Exception {
        assertThat(preprocess(chat("no"), null))
                .isEqualTo(new Invalid("Invalid request: messages are refused by the model's chat template"));
    }

    @Test
    void aChatThatCannotBeWrittenIsRefusedThoughTheClientGaveItsIds() throws Exception {
        Invalid refused = new Invalid("Invalid request: messages are refused by the model's chat template");
        assertThat(preprocess(chat("no"), CLIENT)).isEqualTo(refused);
        assertThat(preprocess(chat("no"), new int[] {-1})).isEqualTo(refused);
        assertThat(preprocess(chat("broken"), CLIENT)).isInstanceOf(Invalid.class);
    }

    @Test
    void messagesThatATemplateBreaksOnAreInvalid() throws Exception {
        assertThat(preprocess(chat("broken"), null))
                .isEqualTo(new Invalid("Invalid request: messages do not fit the model's chat template, line 1"));
    }

    @Test
    void whatIsBeyondALimitOfOursIsLeftToTheFrontend() throws Exception {
        assertThat(preprocess(chat("endless"), null)).isInstanceOf(Unprepared.class);
    }

    @Test
    void toolsAreDroppedWhenTheClientForbidsCalls() throws Exception {
        List<@Nullable Object> tools = List.of(Map.of("type", "function", "function", Map.of("name", "f")));
        assertTokens(
                new Prompt.Chat(List.of(Map.of("content", "a")), tools, true, Map.of(), true, false, false),
                null,
                new int[] {'a'},
                true);
        assertTokens(
                new Prompt.Chat(List.of(Map.of("content", "a")), tools, false, Map.of(), true, false, false),
                null,
                new int[] {'a', 'T'},
                true);
    }

    @Test
    void theMessagesOfTheRequestAreNotChanged() throws Exception {
        Map<String, @Nullable Object> message = new HashMap<>();
        message.put("role", "assistant");
        message.put("content", List.of(Map.of("type", "text", "text", "a")));
        message.put("reasoning_content", "r");
        Map<String, @Nullable Object> before = new HashMap<>(message);
        preprocess(new Prompt.Chat(List.of(message), null, false, Map.of(), true, false, false), null);
        preprocess(new Prompt.Chat(List.of(message), null, false, Map.of(), false, true, false), null);
        assertThat(message).isEqualTo(before);
    }

    private static Prompt chat(String content) {
        return new Prompt.Chat(
                List.of(Map.of("role", "user", "content", content)), null, false, Map.of(), true, false, false);
    }

    private static void assertTokens(Prompt prompt, int @Nullable [] client, int[] expected, boolean injectable)
            throws Exception {
        assertThat(preprocess(prompt, client)).isInstanceOfSatisfying(Tokens.class, tokens -> {
            assertThat(tokens.tokenIds()).containsExactly(expected);
            assertThat(tokens.injectable()).isEqualTo(injectable);
        });
    }

    private static PreprocessResult preprocess(Prompt prompt, int @Nullable [] client) throws Exception {
        return preprocess(prompt, client, TEMPLATE);
    }

    private static PreprocessResult preprocess(Prompt prompt, int @Nullable [] client, String template)
            throws Exception {
        TokenizerConfigFile file = new TokenizerConfigFile(
                null, null, null, Map.of(ChatTemplates.DEFAULT, template, ChatTemplates.TOOL_USE, template));
        Preprocessor preprocessor = new Preprocessor(
                ChatTemplates.compile(file, JinjaSettings.chat(() -> Instant.EPOCH, ZoneOffset.UTC)),
                ChatRules.of(PromptProfile.PLAIN),
                new CharacterTokenizer(),
                new ModelBounds(Character.MAX_CODE_POINT + 1, CONTEXT_TOKENS));
        return preprocessor.preprocess(new InferenceRequest("m", false, prompt, null, client, null, RoutingHints.NONE));
    }
}
