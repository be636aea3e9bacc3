package io.kvepp.inference.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.ParseResult.Malformed;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.UnparsedReason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiRequestParserTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";
    private static final String BODY = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private final OpenAiRequestParser parser = new OpenAiRequestParser();

    @ParameterizedTest(name = "{0} {1} {2} -> {3}")
    @CsvSource(
            nullValues = "-",
            value = {
                "/v1/embeddings, application/json, -, PATH",
                "/v1/chat/completions/, application/json, -, PATH",
                "/v1/chat/completions, -, -, CONTENT_TYPE",
                "/v1/chat/completions, text/plain, -, CONTENT_TYPE",
                "/v1/chat/completions, application/jsonx, -, CONTENT_TYPE",
                "/v1/chat/completions, application/json, gzip, ENCODING"
            })
    void whatIsNotReadSaysWhy(String path, String contentType, String contentEncoding, UnparsedReason reason) {
        assertThat(parser.parse(path, contentType, contentEncoding, BODY.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new Unparsed(reason));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "/v1/chat/completions, application/json, -",
                "/v1/chat/completions?x=1, Application/JSON; charset=utf-8, identity",
                "/v1/chat/completions, application/vnd.x+json, ''"
            })
    void jsonOfAnyKindIsRead(String path, String contentType, String contentEncoding) {
        assertThat(parser.parse(path, contentType, contentEncoding, BODY.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(Parsed.class);
    }

    @Test
    void anEmptyBodyIsNotRead() {
        assertThat(parse(CHAT, "")).isEqualTo(new Unparsed(UnparsedReason.EMPTY));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[] | body: no JSON object (expected: a JSON object)",
                "{\"model\":\"m\"} x | body: no JSON at byte 14 (expected: a JSON object)",
                "{\"model\":\"m\"}{} | body: text after the JSON object (expected: one JSON object)",
                "{\"model\":\"m\", | body: no JSON at byte 13 (expected: a JSON object)",
                "{} | model: missing (expected: the name of a model)",
                "{\"model\":\" \"} | model: blank (expected: the name of a model)",
                "{\"model\":1} | model: not a text (expected: the name of a model)",
                "{\"model\":\"m\",\"model\":\"m\"} | model: given twice (expected: once)",
                "{\"model\":\"m\"} | messages: missing (expected: at least one message)",
                "{\"model\":\"m\",\"messages\":[]} | messages: empty (expected: at least one message)",
                "{\"model\":\"m\",\"messages\":null} | messages: not a list (expected: at least one message)",
                "{\"model\":\"m\",\"messages\":[1]} | messages[0]: no object (expected: an object)",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]} | messages[0].content: missing (expected: a text or a list of parts)",
                "{\"model\":\"m\",\"messages\":[{\"content\":\"x\"}]} | messages[0].role: missing or no text (expected: a role)",
                "{\"model\":\"m\",\"nvext\":{},\"nvext\":{}} | nvext: given twice (expected: once)",
                "{\"model\":\"m\",\"nvext\":{\"token_data\":[1],\"token_data\":[1]}} | nvext.token_data: given twice (expected: once)",
                "{\"model\":\"m\",\"nvext\":{\"token_data\":[-1]}} | nvext.token_data: an element that is no token id (expected: whole numbers from 0 to 4294967295)",
                "{\"model\":\"m\",\"nvext\":{\"token_data\":[-0]}} | nvext.token_data: an element that is no token id (expected: whole numbers from 0 to 4294967295)"
            })
    void whatTheFrontendRefusesIsMalformed(String body, String message) {
        assertThat(parse(CHAT, body))
                .isInstanceOfSatisfying(
                        Malformed.class,
                        malformed -> assertThat(malformed.message()).isEqualTo(message));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "null",
                "5",
                "[]",
                "[1,\"a\"]",
                "[\"a\",1]",
                "[-1]",
                "[1.0]",
                "[4294967296]",
                "[[1],2]",
                "[null]",
                "{}"
            })
    void oddPromptsAreMalformed(String prompt) {
        assertThat(parse(COMPLETIONS, "{\"model\":\"m\",\"prompt\":" + prompt + "}"))
                .isInstanceOfSatisfying(
                        Malformed.class,
                        malformed -> assertThat(malformed.param()).isEqualTo("prompt"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"nvext\":[]",
                "\"tools\":[]",
                "\"tools\":[{\"type\":\"web_search\"}]",
                "\"thinking\":\"yes\"",
                "\"reasoning_effort\":\"enormous\"",
                "\"tool_choice\":\"perhaps\"",
                "\"chat_template_args\":{\"chat_template\":\"x\"}",
                "\"user\":\"\\ud800\"",
                "\"user\":\"\\\n\""
            })
    void whatIsLeftToTheFrontendIsUnparsed(String field) {
        assertThat(parse(CHAT, BODY.replaceFirst("\\{", "{" + field.replace("\\", "\\\\") + ",")))
                .isInstanceOfSatisfying(
                        Unparsed.class,
                        unparsed -> assertThat(unparsed.reason()).isEqualTo(UnparsedReason.UNSUPPORTED));
    }

    @Test
    void theModelOfABodyThatIsLeftToTheFrontendIsKnown() {
        assertThat(parse(CHAT, BODY.replaceFirst("\\{", "{\"tools\":[],")))
                .isEqualTo(new Unparsed(UnparsedReason.UNSUPPORTED, "m"));
    }

    @Test
    void textThatIsNoUtf8IsUnparsed() {
        byte[] body = BODY.replace("hi", "h\u00e9").getBytes(StandardCharsets.ISO_8859_1);
        assertThat(parser.parse(CHAT, "application/json", null, body))
                .isEqualTo(new Unparsed(UnparsedReason.UNSUPPORTED));
    }

    @Test
    void nestingIsBounded() {
        String deep = BODY.replaceFirst("\\{", "{\"metadata\":" + "[".repeat(127) + "]".repeat(127) + ",");
        assertThat(parse(CHAT, deep)).isEqualTo(new Unparsed(UnparsedReason.UNSUPPORTED));
    }

    @Test
    void theCommonFieldsAreRead() {
        InferenceRequest request = parsed(
                CHAT,
                "{\"model\":\"m\",\"stream\":true,\"max_tokens\":5,\"max_completion_tokens\":7,\"cache_salt\":\"a\","
                        + "\"cache_salt\":\"b\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(request.model()).isEqualTo("m");
        assertThat(request.stream()).isTrue();
        assertThat(request.maxTokens()).isEqualTo(7);
        assertThat(request.cacheSalt()).isEqualTo("b");
        assertThat(request.clientTokenData()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "\"nvext\":{\"cache_salt\":\"n\"},\"cache_salt\":\"t\" | n",
                "\"nvext\":{\"cache_salt\":\"\"},\"cache_salt\":\"t\" | t",
                "\"nvext\":{\"cache_salt\":null},\"cache_salt\":\"t\" | t",
                "\"cache_salt\":\"\" | -",
                "\"cache_salt\":5 | -"
            })
    void theSaltOfNvextWinsUnlessItIsEmpty(String fields, String salt) {
        assertThat(parsed(COMPLETIONS, "{\"model\":\"m\",\"prompt\":\"p\"," + fields + "}")
                        .cacheSalt())
                .isEqualTo(salt);
    }

    @Test
    void idsOfTheClientAreTakenAndLeftAlone() {
        InferenceRequest request =
                parsed(COMPLETIONS, "{\"model\":\"m\",\"prompt\":\"p\",\"nvext\":{\"token_data\":[0, 5,4294967295]}}");
        assertThat(request.clientTokenData()).containsExactly(0, 5, -1);
        assertThat(request.tokenDataTarget()).isNull();
    }

    @Test
    void completionsTakePromptsInFourForms() {
        assertThat(prompt("\"a\"")).isEqualTo(new Prompt.Text("a"));
        assertThat(prompt("[\"a\",\"b\"]")).isEqualTo(new Prompt.Texts(List.of("a", "b")));
        assertThat(((Prompt.TokenIds) prompt("[1,2]")).tokenIds()).containsExactly(1, 2);
        assertThat(((Prompt.TokenIdLists) prompt("[[1],[2,3]]")).lists())
                .containsExactly(new int[] {1}, new int[] {2, 3});
    }

    @Test
    void messagesAreTypedAsTheFrontendTypesThem() {
        Prompt.Chat chat =
                chat("{\"tool_calls\":[{\"function\":{\"arguments\":{\"a\":1.0},\"name\":\"f\"},\"id\":\"c\"}],"
                        + "\"reasoning\":\"r\",\"content\":null,\"role\":\"assistant\",\"x\":1}");
        assertThat(chat.messages().getFirst().toString())
                .isEqualTo("{role=assistant, reasoning_content=r, tool_calls=[{id=c, type=function, "
                        + "function={name=f, arguments={\"a\":1.0}}}]}");
        assertThat(chat.media()).isFalse();
    }

    @Test
    void mediaAreMarkedAndLoseTheirAddress() {
        Prompt.Chat chat = chat("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
                + "\"https://example.com/a.png\"}}]}");
        assertThat(chat.messages().getFirst().get("content")).isEqualTo(List.of(Map.of("type", "image_url")));
        assertThat(chat.media()).isTrue();
    }

    private Prompt.Chat chat(String message) {
        return (Prompt.Chat)
                parsed(CHAT, "{\"model\":\"m\",\"messages\":[" + message + "]}").prompt();
    }

    private Prompt prompt(String json) {
        return parsed(COMPLETIONS, "{\"model\":\"m\",\"prompt\":" + json + "}").prompt();
    }

    private InferenceRequest parsed(String path, String body) {
        ParseResult result = parse(path, body);
        assertThat(result).isInstanceOf(Parsed.class);
        return ((Parsed) result).request();
    }

    private ParseResult parse(String path, String body) {
        return parser.parse(path, "application/json", null, body.getBytes(StandardCharsets.UTF_8));
    }
}
