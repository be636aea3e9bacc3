package io.kvepp.inference.body;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.ParseResult.Malformed;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.RequestParser;
import io.kvepp.inference.RoutingHints;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.inference.testing.Parsing;
import io.kvepp.testing.RequestParsers;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyParserTest {
    private static final String TYPE = "Failed to deserialize the JSON body into the target type: ";
    private static final String BODY = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private final RequestParser parser = RequestParsers.all();
    private final Parsing chat = Parsing.of("/v1/chat/completions");
    private final Parsing completions = Parsing.of("/v1/completions");

    @ParameterizedTest(name = "{0} {1} {2} -> {3}")
    @CsvSource(
            nullValues = "-",
            value = {
                "/v1/audio/speech, multipart/form-data, -, PATH",
                "/v1/audio/speech, application/json, gzip, PATH",
                "'', multipart/form-data, -, CONTENT_TYPE",
                "'', -, gzip, ENCODING",
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
                "/v1/chat/completions/, application/json, -",
                "/llama/v1/chat/completions, application/json, -",
                "/a/b/v1/chat/completions/?x=/v1/completions, application/json, -",
                "'', -, -",
                "/v1/chat/completions, application/vnd.x+json, ''"
            })
    void jsonOfAnyKindIsRead(String path, String contentType, String contentEncoding) {
        assertThat(parser.parse(path, contentType, contentEncoding, BODY.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(Parsed.class);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, /v1/chat/completions",
        "/v1/completions, /v1/completions",
        "/llama/v1/completions, /v1/completions",
        "/llama/v1/chat/completions, /v1/chat/completions",
        "/llama/v1/messages/?beta=true, /v1/messages",
        "/v1/chat/completions//, ''",
        "/llamav1/completions, ''",
        "/chat/completions, ''",
        "/v1/messages/count_tokens, ''",
        "/?x=/v1/completions, ''",
        "/, ''",
    })
    void anApiIsKnownByTheEndOfItsPath(String path, String api) {
        assertThat(parser.api(path, BODY.getBytes(StandardCharsets.UTF_8))).isEqualTo(api);
    }

    /// Under any other path the serving frontend knows what to do with it.
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "no healthy upstream                | body: no JSON object (expected: a JSON object)",
                "{\"model\":\"m\",\"messages\":[{     | body: no JSON object (expected: a JSON object)",
                "[]                                 | body: no JSON object (expected: a JSON object)",
                "{}                                 | model: missing (expected: text)",
                "{\"model\":1,\"input\":\"x\"}        | model: missing (expected: text)"
            })
    void aBodyWithoutAPathIsAtLeastAnObjectThatAsksForAModel(String body, String fault) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);

        assertThat(parser.parse("", null, null, bytes))
                .isInstanceOfSatisfying(
                        Malformed.class,
                        malformed -> assertThat(malformed.message()).isEqualTo(TYPE + fault));
        assertThat(parser.parse("/v1/rerank", "application/json", null, bytes)).isInstanceOf(Unparsed.class);
    }

    @ParameterizedTest
    @CsvSource({"''", "/v1/audio/speech", "/v1/messages/count_tokens"})
    void theModelIsReadWhateverTheApi(String path) {
        byte[] body = "{\"input\":\"x\",\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);

        assertThat(parser.parse(path, "application/json", null, body))
                .isEqualTo(new Unparsed(UnparsedReason.PATH, "m"));
    }

    @Test
    void anEmptyBodyIsNotRead() {
        assertThat(chat.parse("")).isEqualTo(new Unparsed(UnparsedReason.EMPTY));
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
                "{\"a\":1e999} | body: no JSON at byte 10 (expected: a JSON object)",
                "{\"a\":\"\\ud800\"} | body: half of a surrogate pair in a string (expected: Unicode text)",
                "{} | messages: missing (expected: a list of messages)",
                "{\"model\":1} | model: another type (expected: text)",
                "{\"model\":\"m\",\"model\":\"m\"} | model: given twice (expected: once)",
                "{\"nvext\":{},\"nvext\":{}} | nvext: given twice (expected: once)",
                "{\"nvext\":5} | nvext: another type (expected: an object)",
                "{\"nvext\":{\"a\":1}} | nvext: unknown field a (expected: known fields)",
                "{\"nvext\":{\"dp_rank\":-1}} | dp_rank: another type (expected: a whole number from 0 to 4294967295)",
                "{\"nvext\":{\"agent_hints\":{\"x\":1}}} | agent_hints: another type (expected: an object)",
                "{\"nvext\":{\"token_data\":[1],\"token_data\":[1]}} | nvext.token_data: given twice (expected: once)",
                "{\"nvext\":{\"token_data\":[-1]}} | nvext.token_data: an element that is no token id (expected: whole"
                        + " numbers from 0 to 4294967295)",
                "{\"nvext\":{\"token_data\":[-0]}} | nvext.token_data: an element that is no token id (expected: whole"
                        + " numbers from 0 to 4294967295)"
            })
    void whatTheFrontendCannotReadIsMalformed(String body, String message) {
        assertThat(chat.refusal(body)).isEqualTo(TYPE + message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"nvext\":[]",
                "\"functions\":[]",
                "\"function_call\":\"auto\"",
                "\"prediction\":{}",
                "\"web_search_options\":{}"
            })
    void whatIsLeftToTheFrontendIsUnparsedWithItsModel(String field) {
        assertThat(chat.parse(BODY.replaceFirst("\\{", "{" + field + ",")))
                .isEqualTo(new Unparsed(UnparsedReason.UNSUPPORTED, "m"));
    }

    @Test
    void textThatIsNoUtf8IsReadAsTheFrontendReadsItAndNothingIsPutIntoIt() {
        byte[] body = BODY.replace("hi", "h\u00e9").getBytes(StandardCharsets.ISO_8859_1);
        assertThat(chat.parse(body)).isInstanceOfSatisfying(Parsed.class, parsed -> {
            assertThat(((Prompt.Chat) parsed.request().prompt()).messages().getFirst())
                    .containsEntry("content", "h\ufffd");
            assertThat(parsed.request().tokenDataTarget()).isNull();
        });
    }

    @Test
    void rawControlCharactersNeedNoEscape() {
        InferenceRequest request = completions.request("{\"model\":\"m\",\"prompt\":\"a\tb\0\"}");
        assertThat(request.prompt()).isEqualTo(new Prompt.Text("a\tb\0"));
        assertThat(request.tokenDataTarget()).isNotNull();
    }

    @Test
    void aBackslashBeforeARawControlCharacterStandsForItself() {
        assertThat(completions
                        .request("{\"model\":\"m\",\"prompt\":\"a\\\nb\"}")
                        .prompt())
                .isEqualTo(new Prompt.Text("a\\\nb"));
    }

    @Test
    void nestingIsBoundedAsTheFrontendBoundsIt() {
        assertThat(chat.parse(nested(126))).isInstanceOf(Parsed.class);
        assertThat(chat.refusal(nested(127))).isEqualTo(TYPE + "body: nested too deep (expected: at most 127 levels)");
    }

    private static String nested(int depth) {
        return BODY.replaceFirst("\\{", "{\"metadata\":" + "[".repeat(depth) + "]".repeat(depth) + ",");
    }

    @Test
    void theCommonFieldsAreRead() {
        InferenceRequest request = chat.request(
                "{\"model\":\"m\",\"stream\":true,\"max_tokens\":5,\"max_completion_tokens\":7,\"cache_salt\":\"a\","
                        + "\"cache_salt\":\"b\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(request.model()).isEqualTo("m");
        assertThat(request.stream()).isTrue();
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
                "\"cache_salt\":null | -"
            })
    void theSaltOfNvextWinsUnlessItIsEmpty(String fields, String salt) {
        assertThat(completions
                        .request("{\"model\":\"m\",\"prompt\":\"p\"," + fields + "}")
                        .cacheSalt())
                .isEqualTo(salt);
    }

    @Test
    void idsOfTheClientAreTakenAndLeftAlone() {
        InferenceRequest request =
                completions.request("{\"model\":\"m\",\"prompt\":\"p\",\"nvext\":{\"token_data\":[0, 5,4294967295]}}");
        assertThat(request.clientTokenData()).containsExactly(0, 5, -1);
        assertThat(request.tokenDataTarget()).isNull();
    }

    @Test
    void unknownFieldsAreRefusedUnlessTheFrontendDropsThem() {
        String body = BODY.replaceFirst("\\{", "{\"documents\":[],");
        assertThat(chat.refusal(body)).isEqualTo("Validation: Unsupported parameter(s): `documents`");
        ParseResult result = RequestParsers.all(new BodyConfig(true, true, false, true))
                .parse("/v1/chat/completions", "application/json", null, body.getBytes(StandardCharsets.UTF_8));
        assertThat(result).isInstanceOf(Parsed.class);
    }

    @Test
    void aBodyWithTooManyTokensIsNotReadButItsModelIsKnown() {
        String ids = "1,".repeat(3 << 20);
        String body = "{\"prompt\":[" + ids + "1],\"model\":\"m\"}";
        assertThat(completions.parse(body)).isEqualTo(new Unparsed(UnparsedReason.TOO_LARGE, "m"));
    }

    @Test
    void theParameterToBlameIsNamed() {
        assertThat(completions.parse("{\"model\":\"m\",\"prompt\":\"\"}"))
                .isEqualTo(new Malformed("Validation: Prompt string cannot be empty", "prompt"));
    }

    @Test
    void ofAnExtensionThatIsSwitchedOffTheSaltIsLeft() {
        Parsing off = new Parsing("/v1/completions", RequestParsers.all(new BodyConfig(false, true, true, true)));
        InferenceRequest request = off.request("{\"model\":\"m\",\"prompt\":\"a\",\"nvext\":{\"token_data\":[1],"
                + "\"cache_salt\":\"s\",\"annotations\":[\"query_instance_id:\"],\"backend_instance_id\":5}}");
        assertThat(request.cacheSalt()).isEqualTo("s");
        assertThat(request.clientTokenData()).isNull();
        assertThat(request.hints()).isEqualTo(RoutingHints.NONE);
        assertThat(request.tokenDataTarget()).isNull();
        assertThat(off.request("{\"model\":\"m\",\"prompt\":\"a\"}").tokenDataTarget())
                .isNull();
        assertThat(off.refusal("{\"model\":\"m\",\"prompt\":\"a\",\"nvext\":{\"x\":1}}"))
                .contains("nvext");
    }
}
