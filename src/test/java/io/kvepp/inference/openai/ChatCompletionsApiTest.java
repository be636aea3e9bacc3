package io.kvepp.inference.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.inference.testing.Parsing;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The messages of refusals are those of the frontend, or start as they do.
class ChatCompletionsApiTest {
    private static final String TYPE = "Failed to deserialize the JSON body into the target type: ";
    private static final String VALIDATION = "Validation: ";
    private static final String TOOL = "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}";

    private final Parsing api = Parsing.of("/v1/chat/completions");

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "null | messages: no list (expected: a list of messages)",
                "[1] | messages[0]: no object (expected: an object)",
                "[{\"content\":\"x\"}] | messages[0].role: missing (expected: one of developer, system, user, assistant, tool, function)",
                "[{\"role\":\"robot\",\"content\":\"x\"}] | messages[0].role: another word (expected: one of developer, system, user, assistant, tool, function)",
                "[{\"role\":\"user\",\"role\":\"user\",\"content\":\"x\"}] | messages[0].role: given twice (expected: once)",
                "[{\"role\":\"user\"}] | messages[0].content: missing (expected: a text or a list of parts)",
                "[{\"role\":\"user\",\"content\":[[1]]}] | messages[0].content[0]: a list in the place of an object (expected: an object)",
                "[[null]] | messages[0]: no object (expected: an object)",
                "[{\"role\":\"user\",\"content\":5}] | messages[0].content: another type (expected: a text or a list of parts)",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"x\"}]}] | messages[0].content[0].type: another word",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}] | messages[0].content[0].text: missing (expected: text)",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":\"http://x\"}]}] | messages[0].content[0].image_url: another type (expected: an object)",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}}]}] | messages[0].content[0].image_url.url: relative URL without a base (expected: an absolute URL)",
                "[{\"role\":\"user\",\"content\":\"x\",\"tools\":[]}] | messages[0].tools: on a message of this role (expected: none)",
                "[{\"role\":\"user\",\"content\":\"x\",\"name\":1}] | messages[0].name: another type (expected: text)",
                "[{\"role\":\"tool\",\"content\":\"x\"}] | messages[0].tool_call_id: missing (expected: text)",
                "[{\"role\":\"assistant\",\"reasoning\":\"a\",\"reasoning_content\":\"b\"}] | messages[0].reasoning_content: under two names (expected: one of them)",
                "[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":5}}]}] | messages[0].tool_calls[0].function.arguments: another type (expected: text or object)"
            })
    void messagesOfOtherTypesAreRefused(String messages, String message) {
        assertThat(api.refusal("{\"model\":\"m\",\"messages\":" + messages + "}"))
                .startsWith(TYPE + message);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"temperature\":\"x\" | temperature: another type (expected: a number)",
                "\"max_tokens\":1.0 | max_tokens: another type (expected: a whole number from 0 to 4294967295)",
                "\"n\":256 | n: another type (expected: a whole number from 0 to 255)",
                "\"stream\":1 | stream: another type (expected: true or false)",
                "\"stop\":[\"a\",1] | stop: another type (expected: text or a list of text or a list of a whole number",
                "\"reasoning_effort\":\"enormous\" | reasoning_effort: another type (expected: one of none, minimal",
                "\"tool_choice\":\"perhaps\" | tool_choice: another word (expected: none, auto, required or a named function)",
                "\"tools\":[{\"type\":\"web_search\"}] | tools[0].type: another word (expected: function)",
                "\"tools\":[{\"type\":\"function\"}] | tools[0].function: missing (expected: an object)",
                "\"service_tier\":{} | service_tier: another type (expected: one of ",
                "\"service_tier\":{\"auto\":null,\"flex\":null} | service_tier: another type (expected: one of ",
                "\"service_tier\":{\"auto\":1} | service_tier: another type (expected: one of ",
                "\"service_tier\":{\"first\":null} | service_tier: another type (expected: one of ",
                "\"response_format\":{\"type\":\"xml\"} | response_format: another type (expected: an object)",
                "\"chat_template_args\":{},\"chat_template_kwargs\":{} | chat_template_args: given twice (expected: once)"
            })
    void fieldsOfOtherTypesAreRefused(String field, String message) {
        assertThat(refusal(field)).startsWith(TYPE + message);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"temperature\":2.5 | Temperature must be between 0 and 2, got 2.5",
                "\"temperature\":3 | Temperature must be between 0 and 2, got 3",
                "\"top_p\":0 | Top_p must be between 0 and 1, got 0",
                "\"max_tokens\":0 | Max tokens must be greater than 0, got 0",
                "\"max_completion_tokens\":2000000 | Max completion tokens must not exceed 1048576, got 2000000",
                "\"n\":0 | n must be between 1 and 128, got 0",
                "\"n\":2,\"temperature\":0 | When n > 1, temperature must be greater than 0 to ensure diverse outputs. Got n=2, temperature=0",
                "\"top_k\":-2 | Top_k must be null or greater than or equal to -1",
                "\"min_p\":1.5 | Min_p must be between 0 and 1, got 1.5",
                "\"repetition_penalty\":0 | Repetition penalty must be between 0 and 2, got 0",
                "\"frequency_penalty\":-3 | Frequency penalty must be between -2 and 2, got -3",
                "\"top_logprobs\":21 | Top_logprobs must be between 0 and 20, got 21",
                "\"user\":\" \" | User ID cannot be empty",
                "\"stop\":\"\" | Stop sequence cannot be empty",
                "\"stop\":[] | Stop sequences array cannot be empty",
                "\"stop\":[\"a\",\"\"] | Stop sequence at index 1 cannot be empty",
                "\"logit_bias\":{\"x\":1} | Logit bias key must be a non-negative 32-bit integer token id",
                "\"logit_bias\":{\"1\":100.5} | Logit bias for token '1' must be between -100 and 100, got 100.5",
                "\"logit_bias\":{\"1\":-1e99} | Logit bias for token '1' must be between -100 and 100, got -inf",
                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":[]}} | `response_format.json_schema.schema` must be a JSON object, got array",
                "\"zz\":1,\"zz\":2 | Unsupported parameter(s): `zz`",
                "\"tools\":[] | tools array cannot be empty; omit the field entirely to disable tool use",
                "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}] | Function at index 0 has an invalid name: \"a b\". Only a-z, A-Z, 0-9, underscores, and dashes are allowed.",
                "\"tool_choice\":\"required\" | tool_choice is \"required\" but tools is empty",
                "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}} | tool named \"g\" in tool_choice is not present in tools",
                "\"stream_options\":{} | The 'stream_options' field is only allowed when 'stream' is set to true.",
                "\"thinking\":\"yes\" | `thinking` must be a boolean or an object with `type` set to `enabled`, `disabled`, or `adaptive`",
                "\"chat_template_args\":{\"chat_template\":\"x\"} | `chat_template` is not supported inside `chat_template_args`",
                "\"continue_final_message\":true | Cannot set both `continue_final_message` and `add_generation_prompt` to True.",
                "\"cache_salt\":5 | `cache_salt` must be a string",
                "\"documents\":null | Unsupported parameter(s): `documents`"
            })
    void valuesOutOfRangeAreRefusedInTheWordsOfTheFrontend(String field, String message) {
        assertThat(refusal(field)).isEqualTo(VALIDATION + message);
    }

    @Test
    void aWordMayBeTheOnlyNameOfAnObject() {
        for (String tier : List.of("\"auto\"", "{\"auto\":null}", "{\"auto\":{}}")) {
            String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"service_tier\":";
            assertThat(api.chat(body + tier + "}").messages()).hasSize(1);
        }
    }

    @Test
    void namesOfToolsAreMeasuredInBytes() {
        String tool = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"" + "\u00e9".repeat(65) + "\"}}]";
        assertThat(refusal(tool))
                .isEqualTo(VALIDATION + "Function name at index 0 exceeds 128 character limit, got 130 characters");
    }

    @Test
    void argumentsOfToolCallsAreObjects() {
        String call =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":"
                        + "{\"name\":\"f\",\"arguments\":\"%s\"}}]}]}";
        assertThat(api.refusal(call.formatted("[1]")))
                .isEqualTo(VALIDATION
                        + "`messages[0].tool_calls[0].function.arguments` must be a valid JSON object string");
        assertThat(api.chat(call.formatted(" ")).messages()).hasSize(1);
    }

    @Test
    void anEmptyListOfMessagesIsRefused() {
        assertThat(api.refusal("{\"model\":\"m\",\"messages\":[]}"))
                .isEqualTo(VALIDATION + "The 'messages' field cannot be empty. At least one message is required.");
    }

    @Test
    void aBlankModelIsRefused() {
        assertThat(api.refusal("{\"model\":\" \",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"))
                .isEqualTo(VALIDATION + "Model cannot be empty");
    }

    @Test
    void tooManyMessagesAreLeftToTheFrontend() {
        String message = "{\"role\":\"user\",\"content\":\"\"}";
        String body =
                "{\"model\":\"m\",\"messages\":[" + (message + ",").repeat(MessageReader.MESSAGES_MAX) + message + "]}";
        assertThat(api.parse(body)).isEqualTo(new Unparsed(UnparsedReason.TOO_LARGE, "m"));
    }

    @Test
    void messagesAreTypedAsTheFrontendTypesThem() {
        Prompt.Chat chat =
                message("{\"tool_calls\":[{\"function\":{\"arguments\":{\"a\":1.0},\"name\":\"f\"},\"id\":\"c\"}],"
                        + "\"reasoning\":\"r\",\"content\":null,\"role\":\"assistant\",\"x\":1}");
        assertThat(chat.messages().getFirst().toString())
                .isEqualTo("{role=assistant, reasoning_content=r, tool_calls=[{id=c, type=function, "
                        + "function={name=f, arguments={\"a\":1.0}}}]}");
        assertThat(chat.media()).isFalse();
    }

    @Test
    void mediaAreMarkedAndLoseTheirAddress() {
        Prompt.Chat chat = message("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
                + "\"https://example.com/a.png\"}}]}");
        assertThat(chat.messages().getFirst().get("content")).isEqualTo(List.of(Map.of("type", "image_url")));
        assertThat(chat.media()).isTrue();
    }

    @Test
    void toolsLoseWhatTheFrontendDoesNotKnow() {
        Prompt.Chat chat = api.chat(
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":\"none\",\"tools\":"
                        + "[{\"x\":1,\"type\":\"function\",\"function\":{\"strict\":null,\"parameters\":{\"b\":1,\"a\":2},"
                        + "\"name\":\"f\",\"y\":2}}]}");
        assertThat(String.valueOf(chat.tools()))
                .isEqualTo("[{type=function, function={name=f, parameters={b=1, a=2}}}]");
        assertThat(chat.toolChoiceNone()).isTrue();
    }

    @Test
    void aChoiceMayNameATool() {
        assertThat(api.chat("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[" + TOOL
                                + "],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}}")
                        .toolChoiceNone())
                .isFalse();
    }

    private Prompt.Chat message(String message) {
        return api.chat("{\"model\":\"m\",\"messages\":[" + message + "]}");
    }

    private String refusal(String field) {
        return api.refusal("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," + field + "}");
    }
}
