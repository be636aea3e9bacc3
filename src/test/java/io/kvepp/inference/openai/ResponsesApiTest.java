package io.kvepp.inference.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.inference.testing.Parsing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The expected messages are what a frontend 1.6.1 renders, see `FrontendApisIT`.
class ResponsesApiTest {
    private static final String CALL =
            "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"}";

    private final Parsing api = Parsing.of("/v1/responses");

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"a\" | [{role=user, content=a}]",
                "[{\"role\":\"developer\",\"content\":\"d\"},{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"}]}] | [{role=system, content=d}, {role=user, content=a}]",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"},{\"type\":0,\"text\":\"b\"}]}] | [{role=user, content=[{type=text, text=a}, {type=text, text=b}]}]",
                "[{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"a\"},{\"type\":\"refusal\",\"refusal\":\"b\"}]}] | [{role=assistant, content=ab}]",
                "[{\"type\":\"message\",\"role\":\"assistant\"}] | [{role=assistant, content=}]",
                "[{\"role\":\"assistant\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}] | [{role=assistant, content=ab}]",
                "[{\"id\":\"i\",\"role\":\"user\",\"content\":\"lost\"},{\"role\":\"user\",\"content\":\"a\"}] | [{role=user, content=a}]",
                "[{\"type\":\"agent_message\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"},{\"type\":\"encrypted_content\",\"encrypted_content\":\"b\"}]}] | [{role=user, content=a\\nb}]"
            })
    void itemsAreMessages(String input, String messages) {
        assertThat(chat(input).messages().toString()).isEqualTo(messages.replace("\\n", "\n"));
    }

    @Test
    void whatTheAssistantDoesInARowIsOneMessage() {
        Prompt.Chat chat = chat("[{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"r\"}]},"
                + "{\"role\":\"assistant\",\"content\":\"t\"}," + CALL + "," + CALL
                + ",{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"o\"}," + CALL + "]");
        assertThat(chat.messages().toString())
                .isEqualTo("[{role=assistant, content=t, reasoning_content=[r, , ], tool_calls=["
                        + "{id=c, type=function, function={name=f, arguments={}}}, "
                        + "{id=c, type=function, function={name=f, arguments={}}}]}, "
                        + "{role=tool, content=o, tool_call_id=c}, "
                        + "{role=assistant, tool_calls=[{id=c, type=function, function={name=f, arguments={}}}]}]");
    }

    @Test
    void systemMessagesAtTheStartAreOne() {
        assertThat(api.chat(
                                "{\"model\":\"m\",\"instructions\":\"i\",\"input\":[{\"role\":\"system\",\"content\":\"s\"},"
                                        + "{\"role\":\"user\",\"content\":\"u\"},{\"role\":\"system\",\"content\":\"late\"}]}")
                        .messages()
                        .toString())
                .isEqualTo("[{role=system, content=i\n\ns}, {role=user, content=u}, {role=system, content=late}]");
    }

    @Test
    void functionsOfTheSameNameGetAliases() {
        Prompt.Chat chat =
                api.chat("{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"},"
                        + "{\"type\":\"namespace\",\"name\":\"n s\",\"description\":\"d\",\"tools\":[{\"type\":\"function\","
                        + "\"name\":\"f\"},{\"type\":\"function\",\"name\":\"g\"}]}]}");
        assertThat(String.valueOf(chat.tools()))
                .isEqualTo("[{type=function, function={name=function__f}}, {type=function, function={name=n_s__f}}, "
                        + "{type=function, function={name=g}}]");
    }

    @Test
    void aChoiceMayAllowSomeToolsOnly() {
        Prompt.Chat chat =
                api.chat("{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"},"
                        + "{\"type\":\"function\",\"name\":\"g\"}],\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"auto\","
                        + "\"tools\":[{\"type\":\"function\",\"name\":\"g\"}]}}");
        assertThat(String.valueOf(chat.tools())).isEqualTo("[{type=function, function={name=g}}]");
    }

    @Test
    void theEffortOfReasoningIsToldToTheTemplate() {
        assertThat(api.chat("{\"model\":\"m\",\"input\":\"x\",\"reasoning\":{\"effort\":\"none\"}}")
                        .templateArgs())
                .containsEntry("enable_thinking", false)
                .containsEntry("reasoning_effort", "none");
    }

    @Test
    void unknownFieldsAreOfNoInterest() {
        assertThat(api.chat("{\"model\":\"m\",\"input\":\"x\",\"zz\":1,\"thinking\":true}")
                        .templateArgs())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"background\":true",
                "\"previous_response_id\":\"r\"",
                "\"prompt\":{\"id\":\"p\"}",
                "\"max_tool_calls\":1",
                "\"nvext\":{\"extra_fields\":[\"prompt_logprobs\"]}"
            })
    void whatIsNotServedIsLeftToTheFrontend(String field) {
        assertThat(api.parse("{\"model\":\"m\",\"input\":\"x\"," + field + "}"))
                .isEqualTo(new Unparsed(UnparsedReason.UNSUPPORTED, "m"));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"input\":[] | Messages array cannot be empty",
                "\"input\":\"x\",\"temperature\":3 | Validation: Temperature must be between 0 and 2, got 3",
                "\"input\":\"x\",\"tools\":[{\"type\":\"web_search\"}] | Failed to convert responses request: Unsupported Responses tools type 'web_search': the Chat Completions adapter supports only function tools and none, auto, required, named function, or function-only allowed_tools choices",
                "\"input\":\"x\",\"tool_choice\":\"required\" | tool_choice is \"required\" but tools is empty"
            })
    void refusalsAreInTheWordsOfTheFrontend(String fields, String message) {
        assertThat(api.refusal("{\"model\":\"m\"," + fields + "}")).isEqualTo(message);
    }

    private Prompt.Chat chat(String input) {
        return api.chat("{\"model\":\"m\",\"input\":" + input + "}");
    }
}
