package io.kvepp.inference.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.inference.body.BodyConfig;
import io.kvepp.inference.testing.Parsing;
import io.kvepp.testing.RequestParsers;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The expected messages are what a frontend 1.6.1 renders, see `FrontendApisIT`.
class MessagesApiTest {
    private static final String HI = "[{\"role\":\"user\",\"content\":\"hi\"}]";
    private static final String USE = "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\":1.0}}";

    private final Parsing api = Parsing.of("/v1/messages");

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}] | [{role=user, content=ab}]",
                "[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}] | [{role=system, content=a\\nb}]",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"text\":\"y\"}]},{\"type\":\"text\",\"text\":\"b\"}]}] | [{role=user, content=a}, {role=tool, content=xy, tool_call_id=t}, {role=user, content=b}]",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\"}]}]}] | [{role=tool, content=, tool_call_id=t}]",
                "[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"h\",\"signature\":\"s\"},{\"type\":\"thinking\",\"thinking\":\"i\",\"signature\":\"s\"},{\"type\":\"text\",\"text\":\"a\"}]}] | [{role=assistant, content=a, reasoning_content=h\\ni}]"
            })
    void blocksAreMessages(String messages, String expected) {
        assertThat(chat(messages, "").messages().toString()).isEqualTo(expected.replace("\\n", "\n"));
    }

    @Test
    void thinkingKeepsItsPlaceBetweenCalls() {
        Prompt.Chat chat = chat(
                "[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"h\",\"signature\":\"s\"},"
                        + USE + "," + USE + "]}]",
                "");
        assertThat(chat.messages().toString())
                .isEqualTo("[{role=assistant, reasoning_content=[h, , ], tool_calls=["
                        + "{id=t, type=function, function={name=f, arguments={\"a\":1.0}}}, "
                        + "{id=t, type=function, function={name=f, arguments={\"a\":1.0}}}]}]");
    }

    @Test
    void anImageMakesPartsOfAMessage() {
        Prompt.Chat chat = chat(
                "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\",\"source\":"
                        + "{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AA==\"}}]}]",
                "");
        assertThat(chat.messages().toString())
                .isEqualTo("[{role=user, content=[{type=text, text=a}, {type=image_url}]}]");
        assertThat(chat.media()).isTrue();
    }

    @Test
    void theSystemPromptComesFirstWithoutItsBillingLine() {
        String body = "{\"model\":\"m\",\"max_tokens\":1,\"messages\":" + HI
                + ",\"system\":[{\"type\":\"text\",\"text\":\" x-anthropic-billing-header: a\\nS\"},{\"text\":\"T\"}]}";
        assertThat(api.chat(body).messages().getFirst()).isEqualTo(Map.of("role", "system", "content", "S\nT"));
        Parsing kept = new Parsing("/v1/messages", RequestParsers.all(new BodyConfig(false, false, false, true)));
        assertThat(kept.chat(body).messages().getFirst())
                .containsEntry("content", " x-anthropic-billing-header: a\nS\nT");
    }

    @ParameterizedTest(name = "{0} -> {1} {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"type\":\"enabled\",\"budget_tokens\":1024} | {enable_thinking=true} | true",
                "{\"type\":\"disabled\"} | {} | false",
                "null | {} | true"
            })
    void thinkingIsUpToTheModelUnlessTheClientSays(String thinking, String args, boolean thinksByParser) {
        Prompt.Chat chat = chat(HI, ",\"thinking\":" + thinking);
        assertThat(chat.templateArgs().toString()).isEqualTo(args);
        assertThat(chat.thinksByParser()).isEqualTo(thinksByParser);
    }

    @Test
    void toolsAreFunctions() {
        Prompt.Chat chat = chat(HI, ",\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]");
        assertThat(String.valueOf(chat.tools()))
                .isEqualTo("[{type=function, function={name=f, parameters={type=object}}}]");
        assertThat(chat(HI, ",\"tools\":[]").tools()).isNull();
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"messages\":[] | messages: field required",
                "\"messages\":[{\"role\":\"user\",\"content\":[]}] | messages[0].content: must contain at least one content block",
                "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\"}]}] | messages[0].content[0]: content block type \"document\" is not supported",
                "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"name\":\"f\"}] | tools[0].input_schema: field required for client tools",
                "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"name\":\"f\",\"type\":\"web_search_20260209\"}] | tools[0]: server tool type \"web_search_20260209\" is not supported",
                "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":3 | Temperature must be between 0 and 2, got 3"
            })
    void refusalsAreInTheWordsOfTheFrontend(String fields, String message) {
        assertThat(api.refusal("{\"model\":\"m\",\"max_tokens\":1," + fields + "}"))
                .isEqualTo(message);
    }

    @Test
    void noTokensAtAllAreRefused() {
        assertThat(api.refusal("{\"model\":\"m\",\"max_tokens\":0,\"messages\":" + HI + "}"))
                .isEqualTo("max_tokens: must be greater than 0");
    }

    @Test
    void rawControlCharactersAreRefusedAndTextBehindTheBodyIsNot() {
        String body = "{\"model\":\"m\",\"max_tokens\":1,\"messages\":" + HI + "}";
        assertThat(api.refusal(body.replace("hi", "h\ti"))).contains("no JSON at byte");
        assertThat(api.chat(body + " x").messages()).hasSize(1);
    }

    @Test
    void whatMayStandInASkimmedFieldIsLeftToTheFrontend() {
        assertThat(api.parse("{\"zz\":\"\\ud800\",\"model\":\"m\",\"max_tokens\":1,\"messages\":" + HI + "}"))
                .isEqualTo(new Unparsed(UnparsedReason.UNSUPPORTED, "m"));
    }

    private Prompt.Chat chat(String messages, String more) {
        return api.chat("{\"model\":\"m\",\"max_tokens\":1,\"messages\":" + messages + more + "}");
    }
}
