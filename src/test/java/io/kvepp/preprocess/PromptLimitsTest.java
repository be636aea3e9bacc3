package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptLimitsTest {
    @Test
    void longTextOfShortWordsIsFine() {
        assertThat(PromptLimits.tooLong("word ".repeat(1 << 20))).isNull();
    }

    @Test
    void anEndlessWordOrEndlessWhiteSpaceIsNot() {
        String run = "a".repeat(PromptLimits.RUN_CHARS_MAX);

        assertThat(PromptLimits.tooLong("x " + run)).isNull();
        assertThat(PromptLimits.tooLong("x " + run + "a y")).contains("a word of more than 1048576");
        assertThat(PromptLimits.tooLong("x" + " ".repeat(PromptLimits.RUN_CHARS_MAX + 1)))
                .isNotNull();
    }

    @Test
    void aPromptBeyondAnyModelIsNot() {
        assertThat(PromptLimits.tooLong("word ".repeat(PromptLimits.PROMPT_CHARS_MAX / 5 + 1)))
                .contains("more than 16777216");
    }
}
