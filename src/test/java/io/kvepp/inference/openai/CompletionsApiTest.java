package io.kvepp.inference.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.ParseResult.Malformed;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.inference.testing.Parsing;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionsApiTest {
    private final Parsing api = Parsing.of("/v1/completions");

    @Test
    void promptsComeInFourForms() {
        assertThat(prompt("\"a\"")).isEqualTo(new Prompt.Text("a"));
        assertThat(prompt("[\"a\",\"b\"]")).isEqualTo(new Prompt.Texts(List.of("a", "b")));
        assertThat(((Prompt.TokenIds) prompt("[1,2]")).tokenIds()).containsExactly(1, 2);
        assertThat(((Prompt.TokenIdLists) prompt("[[1],[2,3]]")).lists())
                .containsExactly(new int[] {1}, new int[] {2, 3});
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
        assertThat(api.parse("{\"model\":\"m\",\"prompt\":" + prompt + "}"))
                .isInstanceOfSatisfying(
                        Malformed.class,
                        malformed -> assertThat(malformed.param()).isEqualTo("prompt"));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"prompt\":\"\" | Prompt string cannot be empty",
                "\"prompt\":[] | Prompt string array cannot be empty",
                "\"prompt\":[\"a\",\"\"] | Prompt string at index 1 cannot be empty",
                "\"prompt\":[[1],[]] | Prompt integer array at index 1 cannot be empty",
                "\"prompt\":\"p\",\"logprobs\":6 | Logprobs must be between 0 and 5, got 6",
                "\"prompt\":\"p\",\"best_of\":1,\"n\":2 | Best_of must be greater than or equal to n, got best_of=1 and n=2",
                "\"prompt\":[\"a\",\"b\"],\"n\":65 | Total choices (batch_size \u00d7 n = 2 \u00d7 65 = 130) exceeds maximum of 128",
                "\"prompt\":\"p\",\"add_generation_prompt\":true | `add_generation_prompt` and `continue_final_message` are only supported on /v1/chat/completions"
            })
    void valuesOutOfRangeAreRefusedInTheWordsOfTheFrontend(String fields, String message) {
        assertThat(api.refusal("{\"model\":\"m\"," + fields + "}")).isEqualTo("Validation: " + message);
    }

    @Test
    void aSuffixIsMeasuredInBytes() {
        String tooLong = "Validation: Suffix is too long, maximum 10000 characters";
        assertThat(api.parse(suffixed("\u00e9".repeat(5_000)))).isInstanceOf(Parsed.class);
        assertThat(api.refusal(suffixed("\u00e9".repeat(5_001)))).isEqualTo(tooLong);
        assertThat(api.refusal(suffixed("\ud83d\ude00".repeat(2_501)))).isEqualTo(tooLong);
    }

    private static String suffixed(String suffix) {
        return "{\"model\":\"m\",\"prompt\":\"p\",\"suffix\":\"" + suffix + "\"}";
    }

    @Test
    void embeddingsInThePlaceOfAPromptAreLeftToTheFrontend() {
        assertThat(api.parse("{\"model\":\"m\",\"prompt\":\"\",\"prompt_embeds\":\"AAAA\"}"))
                .isEqualTo(new Unparsed(UnparsedReason.UNSUPPORTED, "m"));
    }

    private Prompt prompt(String json) {
        return api.request("{\"model\":\"m\",\"prompt\":" + json + "}").prompt();
    }
}
